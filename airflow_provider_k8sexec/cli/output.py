"""How commands print, and how they end."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BEFORE_MARKUP = re.compile(r"(\\*)\[")


@contextlib.contextmanager
def kept_stdout() -> Iterator[None]:
    """Send to standard error what others print, log and run: standard output is for the result alone."""
    stdout, descriptor = sys.stdout, os.dup(1)
    stdout.flush()
    os.dup2(2, 1)  # for programs that a DAG file runs, and for loggers that hold the stream
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        stdout.flush()
        os.dup2(descriptor, 1)
        os.close(descriptor)


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
