"""Gathers all that is wrong with DAG files: as they are loaded, in their source, and in each task."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.cli.lint.import_errors import report_import_error, whole_tracebacks
from airflow_provider_k8sexec.cli.lint.refusals import LocalContext, name
from airflow_provider_k8sexec.cli.lint.report import ERROR, Report
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.cli.selection import load_selection
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.site_policy.client_models import TARGETS
from airflow_provider_k8sexec.site_policy.dag_source import check_source, find_task_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.cli.selection import Selection
    from airflow_provider_k8sexec.site_policy.client_models import Target


@frozen
class Gathered:
    """All findings, and how much was looked at.

    Attributes:
        reports: The findings, by file and line.
        tasks: The number of tasks.
        files: The number of files.
    """

    reports: list[Report]
    tasks: int
    files: int


def gather_reports(arguments: argparse.Namespace) -> Gathered:
    """Load the DAG files that the arguments name, and find what is wrong with them."""
    context = LocalContext(load_context())
    with use_context(context), whole_tracebacks():
        selection = load_selection(arguments.dag_files, arguments.dag, arguments.task)
    found = [*context.warnings, *_check(selection, TARGETS[arguments.target](selection.files), context)]
    if not found:
        found = [Report("", 0, "", ERROR, "K8S802", reason) for reason in selection.emptiness]
    if arguments.dag or arguments.task:
        names = {name(task) for task in selection.tasks}
        found = [report for report in found if not report.task or report.task in names]
    reports = sorted(dict.fromkeys(found), key=lambda report: (report.file, report.line))
    return Gathered(reports, len(selection.tasks), len(selection.files))


def _check(selection: Selection, target: Target, context: LocalContext) -> Iterator[Report]:
    for error in selection.errors:
        yield Report("", 0, "", ERROR, "K8S802", error)
    yield from context.refusals.find(task for dag in _dags_of(selection) for task in dag.tasks)
    for file, error in sorted(selection.bag.import_errors.items() if selection.bag else ()):
        yield report_import_error(_complete(file, selection.files), error)
    for file in selection.files:
        for found in check_source(file):
            yield Report(shorten(file), found.line, "", ERROR, found.problem.code, str(found.problem))
    for file, line, problem in target.in_source():
        yield Report(shorten(file), line, "", ERROR, problem.code, str(problem))
    for task in selection.tasks:
        yield from _check_task(task, target, context)


def _dags_of(selection: Selection) -> Iterable[Any]:
    return selection.bag.dags.values() if selection.bag else ()


def _check_task(task: Any, target: Target, context: LocalContext) -> Iterator[Report]:
    file = task.dag.fileloc
    line = find_task_line(file, task) or 0
    refused = {problem.field: problem for problem in target.check(task)}
    # What the target refuses is reported as that, and not as another mistake in the same place.
    found = [
        (level, problem)
        for level, problem in context.refusals.validate(task, context)
        if problem.field not in refused
    ]
    for level, problem in [*found, *((ERROR, problem) for problem in refused.values())]:
        yield Report(shorten(file), line, name(task), level, problem.code, str(problem))


def _complete(file: str, files: Iterable[str]) -> str:
    """Give the whole path of a file, of which some lines of Airflow give that from the folder of DAGs."""
    return file if Path(file).exists() else next((item for item in files if item.endswith(file)), file)
