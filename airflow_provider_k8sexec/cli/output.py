"""How commands print, and how they end."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_kept: list[tuple[TextIO, int]] = []
_BEFORE_MARKUP = re.compile(r"(\\*)\[")


@contextlib.contextmanager
def kept_stdout() -> Iterator[None]:
    """Send to standard error what others print, log and run: standard output is for the result alone."""
    stdout, descriptor = sys.stdout, os.dup(1)
    stdout.flush()
    os.dup2(2, 1)  # for programs that a DAG file runs, and for loggers that hold the stream
    _kept.append((stdout, descriptor))
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _kept.pop()
        stdout.flush()
        os.dup2(descriptor, 1)
        os.close(descriptor)


@contextlib.contextmanager
def result_stdout() -> Iterator[None]:
    """Print to the standard output that :func:`kept_stdout` keeps: the result of a command."""
    stdout, descriptor = _kept[-1]
    stdout.flush()
    os.dup2(descriptor, 1)
    try:
        with contextlib.redirect_stdout(stdout):
            yield
            stdout.flush()
    finally:
        os.dup2(2, 1)


def print_table(rows: list[dict[str, str]]) -> None:
    """Print rows with the same keys as a table for people."""
    from airflow.cli.simple_table import AirflowConsole  # only a table needs it

    if rows:
        # The console would take the section in "[core] executor" for markup, and a backslash before it for an
        # escape.
        escaped = [
            {column: _BEFORE_MARKUP.sub(r"\1\1\\[", cell) for column, cell in row.items()} for row in rows
        ]
        AirflowConsole().print_as_table(escaped)


def stop_on(problems: Iterable[str], *, failed: bool = False) -> None:
    """Print problems to standard error, and end with status 1 if there are any, or something has failed.

    Raises:
        SystemExit: With status 1.
    """
    for problem in problems:
        failed = True
        print(problem, file=sys.stderr)
    if failed:
        raise SystemExit(1)
