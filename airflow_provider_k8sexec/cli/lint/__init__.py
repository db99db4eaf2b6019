"""``k8sexec lint``: what the site's policy would report of DAG files, locally and in CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.lint.choice import Choice, check_codes
from airflow_provider_k8sexec.cli.lint.formats import print_reports
from airflow_provider_k8sexec.cli.lint.gather import gather_reports
from airflow_provider_k8sexec.cli.lint.report import IMPORT_ERROR, NOTE, report_site_mistake
from airflow_provider_k8sexec.cli.lint.sources import Sources, split_codes
from airflow_provider_k8sexec.cli.output import WRONG_USAGE, finish, print_problems, shorten
from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.cli.lint.gather import Gathered


def lint(arguments: argparse.Namespace) -> None:
    """Print what is wrong with the pods of the tasks that DAG files make.

    Raises:
        SystemExit: With status 1, if anything is, or there is nothing to look at; notes are nothing wrong.
            With status 2, if a code does not exist.
    """
    selected, ignored = split_codes(arguments.select), split_codes(arguments.ignore)
    unknown = [*check_codes("--select", selected), *check_codes("--ignore", ignored)]
    if unknown:
        print_problems(unknown)
        raise SystemExit(WRONG_USAGE)  # a misspelt code would silence nothing, or everything
    mistakes = load_context().find_problems()
    if mistakes:  # every DAG file would have the same
        print_reports(arguments.output, [*map(report_site_mistake, mistakes)])
        finish("the configuration of the site", len(mistakes))
    choice = Choice(selected, ignored, Sources())
    gathered = gather_reports(arguments, choice.sources)
    reports = choice.choose(gathered.reports)
    if not (arguments.dag or arguments.task):  # else a comment may silence what is not looked at
        reports += choice.explain_comments(_find_loaded(gathered))
    print_reports(arguments.output, sorted(reports, key=lambda report: (report.file, report.line)))
    problems = [report for report in reports if report.level != NOTE]
    finish(gathered.selection.looked_at, len(problems), len(reports) - len(problems))


def _find_loaded(gathered: Gathered) -> list[str]:
    """Give the files that were loaded: what stops one hides what its comments are for."""
    stopped = {report.file for report in gathered.reports if report.code == IMPORT_ERROR}
    return [file for file in gathered.selection.files if shorten(file) not in stopped]
