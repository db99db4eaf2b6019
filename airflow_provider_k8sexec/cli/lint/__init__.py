"""``k8sexec lint``: what the site's policy would report of DAG files, locally and in CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.lint.choice import Choice, check_codes, split_codes
from airflow_provider_k8sexec.cli.lint.formats import print_reports
from airflow_provider_k8sexec.cli.lint.gather import gather_reports
from airflow_provider_k8sexec.cli.lint.report import NOTE
from airflow_provider_k8sexec.cli.output import count, finish, stop_on, stop_on_mistakes
from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    import argparse


def lint(arguments: argparse.Namespace) -> None:
    """Print what is wrong with the pods of the tasks that DAG files make.

    Raises:
        SystemExit: With status 1, if anything is, or there is nothing to look at; notes are nothing wrong.
    """
    selected, ignored = split_codes(arguments.select), split_codes(arguments.ignore)
    stop_on([*check_codes("--select", selected), *check_codes("--ignore", ignored)])
    stop_on_mistakes(load_context())
    gathered = gather_reports(arguments)
    choice = Choice(selected, ignored)
    reports = [report for report in gathered.reports if choice.keeps(report)]
    print_reports(arguments.output, reports)
    problems = [report for report in reports if report.level != NOTE]
    looked_at = f"{count(gathered.tasks, 'task')} in {count(gathered.files, 'file')}"
    finish(looked_at, len(problems), len(reports) - len(problems))
