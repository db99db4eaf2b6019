"""What lint reports: a problem of a task, or of a file, with its line, its code and its level."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.output import shorten

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem

_SITE_LINE = re.compile(r"\A(?P<file>[^\[].*?), line (?P<line>\d+)(?:, column \d+\Z|: )")
_TASK = re.compile(r"task '(?P<task>.*?)'(?: of DAG '(?P<dag>.*)')?")
ERROR, WARNING, NOTE = "error", "warning", "note"
LEVELS = (ERROR, WARNING, NOTE)
IMPORT_ERROR = "K8S801"
WARNINGS = ("K8S810", "K8S811")
"""What a target of lint finds that goes on, and probably not as it was meant."""

NOTES = ("K8S503", "K8S504", "K8S808")
"""What is worth knowing, and nothing wrong with a pod: what the platform changes, comments without effect."""


@frozen
class Report:
    """One problem of one task, or of a file as a whole.

    Attributes:
        file: The DAG file, as it is from the current folder.
        line: Where the task is made, counted from 1; 0 where that is not known.
        task: The DAG and the task; empty for a file as a whole.
        level: One of ``LEVELS``.
        code: One of ``problem_codes.CODES``.
        problem: What is wrong, and the remedy.
    """

    file: str
    line: int
    task: str
    level: str
    code: str
    problem: str


def level_of(code: str) -> str:
    """Give the level of what a target finds."""
    return WARNING if code in WARNINGS else ERROR


def name_declared(task: str | None) -> str:
    """Name the task of an error as reports do: by its DAG's name, where that is known, and its own.

    Args:
        task: The task as the error names it.
    """
    match = _TASK.fullmatch(task or "")
    return ".".join(filter(None, (match["dag"], match["task"]))) if match else ""


def report_site_mistake(problem: Problem) -> Report:
    """Report a mistake of the site's configuration, at the line of the site's file where it has one."""
    match = _SITE_LINE.match(problem.field)
    file, line = (shorten(match["file"]), int(match["line"])) if match else ("", 0)
    shown = problem._replace(field=problem.field[match.end() :] or file) if match else problem
    return Report(file, line, "", ERROR, problem.code, str(shown))
