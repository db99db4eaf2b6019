"""Gathers all that is wrong with DAG files: as they are loaded, in their source, and in each task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.cli.lint.import_errors import report_import_errors, whole_tracebacks
from airflow_provider_k8sexec.cli.lint.refusals import LocalContext, name
from airflow_provider_k8sexec.cli.lint.report import ERROR, Report
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.cli.selection import load_selection
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.site_policy.client_models import TARGETS
from airflow_provider_k8sexec.site_policy.dag_source import check_source
from airflow_provider_k8sexec.site_policy.task_location import locate_task, recorded_tasks

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.cli.lint.sources import Sources
    from airflow_provider_k8sexec.cli.selection import Selection
    from airflow_provider_k8sexec.site_policy.client_models import Target


@frozen
class Gathered:
    """All findings, and how much was looked at.

    Attributes:
        reports: The findings, by file and line.
        tasks: The number of tasks.
        files: The DAG files.
    """

    reports: list[Report]
    tasks: int
    files: list[str]


def gather_reports(arguments: argparse.Namespace, sources: Sources) -> Gathered:
    """Load the DAG files that the arguments name, and find what is wrong with them.

    Args:
        arguments: Those of the command.
        sources: Reads the files.
    """
    context = LocalContext(load_context())
    with use_context(context), whole_tracebacks(), recorded_tasks(find_author):
        selection = load_selection(arguments.dag_files, arguments.dag, arguments.task)
        found = [*_check(selection, TARGETS[arguments.target](selection.files), context)]
    found = [*context.warnings, *found]
    if not found:
        found = [Report("", 0, "", ERROR, "K8S802", reason) for reason in selection.emptiness]
    if arguments.dag or arguments.task:
        names = {name(task) for task in selection.tasks}
        found = [report for report in found if not report.task or report.task in names]
    placed = dict.fromkeys(_place(report, sources) for report in found)
    reports = sorted(placed, key=lambda report: (report.file, report.line))
    return Gathered(reports, len(selection.tasks), selection.files)


def _place(report: Report, sources: Sources) -> Report:
    """Place a finding at the first line of its call: which one Python names depends on its version."""
    if not report.line:
        return report
    return evolve(report, line=sources.of(report.file).find_span(report.line).first)


def _check(selection: Selection, target: Target, context: LocalContext) -> Iterator[Report]:
    for error in selection.errors:
        yield Report("", 0, "", ERROR, "K8S802", error)
    yield from context.refusals.find(task for dag in _dags_of(selection) for task in dag.tasks)
    yield from report_import_errors(_find_errors(selection))
    for file in selection.files:
        for found in check_source(file):
            yield Report(shorten(file), found.line, "", ERROR, found.problem.code, str(found.problem))
    for file, line, problem in target.in_source():
        yield Report(shorten(file), line, "", ERROR, problem.code, str(problem))
    for task in selection.tasks:
        yield from _check_task(task, target, context)


def _dags_of(selection: Selection) -> Iterable[Any]:
    return selection.bag.dags.values() if selection.bag else ()


def _find_errors(selection: Selection) -> dict[str, str]:
    """Give the import errors by whole paths: some lines of Airflow give those from the folder of DAGs."""
    errors = selection.bag.import_errors if selection.bag else {}
    return {_complete(file, selection.files): error for file, error in errors.items()}


def _complete(file: str, files: Iterable[str]) -> str:
    ending = f"{os.sep}{file}"
    return next((item for item in files if item.endswith(ending)), file)


def _check_task(task: Any, target: Target, context: LocalContext) -> Iterator[Report]:
    refused = {problem.field: problem for problem in target.check(task)}
    # What the target refuses is reported as that, and not as another mistake in the same place.
    found = [
        (level, problem)
        for level, problem in context.refusals.validate(task, context)
        if problem.field not in refused
    ]
    found += [(ERROR, problem) for problem in refused.values()]
    # To locate a task takes parsing its file.
    file, line = locate_task(task) if found else ("", 0)
    for level, problem in found:
        yield Report(shorten(file), line, name(task), level, problem.code, str(problem))
