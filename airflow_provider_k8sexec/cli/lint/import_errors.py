"""The errors that end a DAG file, by their own words and at the author's line."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

import airflow_provider_k8sexec
from airflow_provider_k8sexec.authoring.author import is_installed
from airflow_provider_k8sexec.authoring.misread import explain_import_error
from airflow_provider_k8sexec.authoring.refused_arguments import name_arguments
from airflow_provider_k8sexec.cli.lint.missing_modules import explain_missing
from airflow_provider_k8sexec.cli.lint.report import ERROR, IMPORT_ERROR, Report, name_declared
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.cli.selection import complete_path
from airflow_provider_k8sexec.executor_names import name_variable
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import list_names
from airflow_provider_k8sexec.site_policy.task_location import find_dag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FRAME = re.compile(
    r'^  (?:File "(?P<file>.*)", line (?P<line>\d+)|\[Previous line repeated).*\n(?:    .*\n)*', re.MULTILINE
)
_EXIT = re.compile(r"\ASystemExit\b.*")
_CLASS = re.compile(r"\A(?:[a-z_]\w*\.)+(?=[A-Z]\w*(?::|\Z))", re.MULTILINE)
_OWN_CLASS = re.compile(r"\Aairflow_provider_k8sexec\.[\w.]+: ")
_NO_SUCH_NAME = re.compile(
    r"\A(ImportError: cannot import name '(?P<name>\w+)' from 'airflow_provider_k8sexec') .*"
)
_DUPLICATE = re.compile(r"Ignoring DAG (?P<dag>\S+) from (?P<file>.+) - also found in (?P<other>.+)")
_QUOTED = re.compile(r"(?:Dag|DAG|dag)s?(?:_id)?[:\s'\"]+(?P<dag>[\w.-]+)")
_LISTED = re.compile(r"\A\d+ problems? in the pod options(?: of (?P<task>task '.*?))?(?: \(.*\))?:\n  - ")


@contextmanager
def whole_tracebacks() -> Iterator[None]:
    """Let Airflow keep all of an import error's traceback: by default, the author's line is not in it."""
    options = {"dagbag_import_error_tracebacks": "True", "dagbag_import_error_traceback_depth": "100"}
    variables = {name_variable("core", option): value for option, value in options.items()}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def report_import_errors(errors: Mapping[str, str]) -> Iterator[Report]:
    """Report import errors by all of their text, at the author's lines that led to them.

    A module that several DAG files import is reported once, with the files that it ends.

    Args:
        errors: The errors by DAG file, as Airflow has them.
    """
    found: dict[Report, list[str]] = {}
    for file, error in sorted(errors.items()):
        for report in _split(report_import_error(file, error)):
            found.setdefault(report, []).append(shorten(file))
    for report, files in found.items():
        others = [file for file in files if file != report.file]
        ends = f"\nIt stops {list_names(others)} from loading." if others else ""
        yield evolve(report, problem=f"{report.problem}{ends}")


def _split(report: Report) -> list[Report]:
    """Report each problem by itself that an error of this package lists."""
    match = _LISTED.match(report.problem)
    if not match:
        return [report]
    task = name_declared(match["task"])
    listed = report.problem[match.end() :].split("\n  - ")
    return [evolve(report, task=task, problem=problem) for problem in listed]


def report_import_error(file: str, error: str) -> Report:
    """Report one import error, by all of its text, at the author's line."""
    duplicate = _DUPLICATE.search(error)
    if duplicate:
        return _report_duplicate(file, duplicate)
    frames = [*_FRAME.finditer(error)]
    text = error[frames[-1].end() :].strip() if frames else error.strip()
    where, line = _find_author(file, text, frames)
    text = _EXIT.sub(r"\g<0> ends the process as the file is loaded; remove the call of sys.exit", text)
    text = _NO_SUCH_NAME.sub(_add_candidates, text)
    explained = explain_import_error(text) or explain_missing(file, text)
    text = name_arguments(_OWN_CLASS.sub("", _drop_source(text)))
    text = f"{text}\n{explained}" if explained else text
    return Report(shorten(where), line, "", ERROR, IMPORT_ERROR, _CLASS.sub("", text))


def _find_author(file: str, text: str, frames: Iterable[re.Match[str]]) -> tuple[str, int]:
    """Find the innermost line of the author's own code; of an error that no line raises, the DAG's."""
    lines = [(complete_path(frame["file"], [file]), int(frame["line"])) for frame in frames if frame["file"]]
    own = [(path, line) for path, line in lines if not is_installed(path) and not _is_own(path)]
    if own:
        return own[-1]
    match = _QUOTED.search(text)
    return file, find_dag(file, match and match["dag"]) or 1


def _add_candidates(match: re.Match[str]) -> str:
    """Name what this package has in place of a name that it has not."""
    public = [name for name in airflow_provider_k8sexec.__all__ if not name.startswith("_")]
    nearest = find_nearest(match["name"], public)
    remedy = nearest or f"one of {', '.join(public)}"
    return f"{match[1]}; write {remedy}."


def _drop_source(text: str) -> str:
    """Drop the line that a syntax error shows again, with a mark below it."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("    "))


def _is_own(file: str) -> bool:
    return Path(file).is_relative_to(Path(__file__).parents[2])


def _report_duplicate(file: str, match: re.Match[str]) -> Report:
    """Report a DAG that two files define, of which Airflow loads one."""
    dag, other = match["dag"], match["other"].strip()
    line = find_dag(other, dag)
    where = f"{shorten(other)}, line {line}," if line else shorten(other)
    both = f"DAG {dag!r} is defined here and in {where}"
    problem = f"{both} and Airflow loads one of the two; rename one, or remove it."
    return Report(shorten(file), find_dag(file, dag) or 1, "", ERROR, "K8S807", problem)
