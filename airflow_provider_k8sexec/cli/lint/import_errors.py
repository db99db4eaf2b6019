"""The errors that end a DAG file, by their own words and at the author's line."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.authoring.misread import explain_import_error
from airflow_provider_k8sexec.cli.lint.report import ERROR, Report
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.executor_names import name_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

_FRAME = re.compile(r"^  (?:File|\[Previous line repeated) .*\n(?:    .*\n)*", re.MULTILINE)
_EXIT = re.compile(r"\ASystemExit\b.*")
_OWN_CLASS = re.compile(r"\Aairflow_provider_k8sexec\.[\w.]+: ")
_ARGUMENTS = re.compile(r"\*\*kwargs: \{.*\}", re.DOTALL)


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


def report_import_error(file: str, error: str) -> Report:
    """Report an import error by all of its text, at the line of the file that led to it."""
    frames = [*_FRAME.finditer(error)]
    text = error[frames[-1].end() :].strip() if frames else error.strip()
    text = _ARGUMENTS.sub(_name_arguments, _OWN_CLASS.sub("", text))
    text = _EXIT.sub(r"\g<0> ends the process as the file is loaded; remove the call of sys.exit", text)
    explained = explain_import_error(text)
    text = f"{text}\n{explained}" if explained else text
    lines = re.findall(rf'File "[^"]*{re.escape(Path(file).name)}", line (\d+)', error)
    return Report(shorten(file), int(lines[-1]) if lines else 0, "", ERROR, "K8S801", text)


def _name_arguments(match: re.Match[str]) -> str:
    """Name the arguments that Airflow refuses, without their values: one may be a password."""
    return ", ".join(re.findall(r"'(\w+)': ", match[0]))
