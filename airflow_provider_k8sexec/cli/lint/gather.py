"""Gathers all that is wrong with DAG files: as they are loaded, in their source, and in each task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.cli.lint.import_errors import report_import_errors, whole_tracebacks
from airflow_provider_k8sexec.cli.lint.refusals import LocalContext, name
from airflow_provider_k8sexec.cli.lint.report import ERROR, Report, level_of
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.cli.selection import load_selection
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.site_policy.dag_source import check_source
from airflow_provider_k8sexec.site_policy.targets import TARGETS
from airflow_provider_k8sexec.site_policy.task_location import locate_task, recorded_tasks

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from airflow_provider_k8sexec.cli.lint.sources import Sources
    from airflow_provider_k8sexec.cli.selection import Selection
    from airflow_provider_k8sexec.site_policy.targets.target import Target


@frozen
class Gathered:
    """All findings, and what was looked at.

    Attributes:
        reports: The findings, each once.
        selection: The files and tasks.
    """

    reports: list[Report]
    selection: Selection


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
    if not found or arguments.dag or arguments.task:  # no other finding shows that there is no such task
        found += [Report("", 0, "", ERROR, "K8S802", reason) for reason in selection.emptiness]
    if arguments.dag or arguments.task:
        names = {name(task) for task in selection.tasks}
        found = [report for report in found if not report.task or report.task in names]
    return Gathered([*dict.fromkeys(_place(report, sources) for report in found)], selection)


def _place(report: Report, sources: Sources) -> Report:
    """Place a finding at the first line of its call: which one Python names depends on its version."""
    if not report.line:
        return report
    return evolve(report, line=sources.of(report.file).find_span(report.line).first)


def _check(selection: Selection, target: Target, context: LocalContext) -> Iterator[Report]:
    for error in selection.errors:
        yield Report("", 0, "", ERROR, "K8S802", error)
    yield from context.refusals.find(task for dag in selection.dags for task in dag.tasks)
    yield from report_import_errors(selection.import_errors)
    for file in selection.files:
        for found in check_source(file):
            yield Report(shorten(file), found.line, "", ERROR, found.problem.code, str(found.problem))
    for file, line, problem in target.in_source():
        yield Report(shorten(file), line, "", level_of(problem.code), problem.code, str(problem))
    for task in selection.tasks:
        yield from _check_task(task, target, context)


def _check_task(task: Any, target: Target, context: LocalContext) -> Iterator[Report]:
    refused = {problem.field: problem for problem in target.check(task)}
    # What the target refuses is reported as that, and not as another mistake in the same place.
    found = [
        (level, problem)
        for level, problem in context.refusals.validate(task, context)
        if problem.field not in refused
    ]
    found += [(level_of(problem.code), problem) for problem in refused.values()]
    # To locate a task takes parsing its file.
    file, line = locate_task(task) if found else ("", 0)
    for level, problem in found:
        yield Report(shorten(file), line, name(task), level, problem.code, str(problem))
