"""How commands print, and how they end."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from airflow_provider_k8sexec.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.context.site_context import SiteContext

    Rows = Sequence[Mapping[str, str]]

WRONG_USAGE = 2
"""The exit status for wrong arguments, which is that of argparse."""

_kept: list[tuple[TextIO, int]] = []


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


def print_result(output: str, rows: Callable[[], Rows], value: Callable[[], Any]) -> None:
    """Print the result of a command as ``-o`` says.

    Args:
        output: ``table`` or ``plain`` for people, ``json`` or ``yaml`` for programs.
        rows: Gives it for people: rows with the same columns.
        value: Gives it for programs: what JSON has.
    """
    with result_stdout():
        if output in _OF_ROWS:
            _OF_ROWS[output](rows())
        else:
            _OF_VALUES[output](value())


def _print_table(rows: Rows) -> None:
    from airflow_provider_k8sexec.cli.table import print_table  # only a table needs it

    print_table(rows)


def _print_plain(rows: Rows) -> None:
    from airflow_provider_k8sexec.cli.table import print_plain  # as above

    print_plain(rows)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2))


def _print_yaml(value: Any) -> None:
    from airflow_provider_k8sexec.render.yaml_text import to_yaml  # as above

    print(to_yaml(value), end="")


_OF_ROWS: dict[str, Callable[[Rows], None]] = {"table": _print_table, "plain": _print_plain}
_OF_VALUES: dict[str, Callable[[Any], None]] = {"json": _print_json, "yaml": _print_yaml}


def stop_on(problems: Sequence[str]) -> None:
    """Print problems to standard error, and end with status 1 if there are any.

    Raises:
        SystemExit: With status 1.
    """
    print_problems(problems)
    if problems:
        raise SystemExit(1)


def stop_on_mistakes(context: SiteContext) -> None:
    """End with status 1 where the site's configuration has mistakes: every DAG file would have the same.

    Raises:
        SystemExit: With status 1, after all mistakes.
    """
    mistakes = context.find_problems()
    stop_on([str(ConfigurationError(mistakes))] if mistakes else [])


def finish(looked_at: str, problems: int, notes: int = 0) -> None:
    """Print how much a command has looked at, and what came of it; end with status 1 if anything is wrong.

    Args:
        looked_at: ``12 tasks in 4 files``.
        problems: How many problems there are; they have been printed.
        notes: How many notes, which are nothing wrong.

    Raises:
        SystemExit: With status 1.
    """
    found = [count(problems, "problem") if problems else "no problems"]
    found += [count(notes, "note")] if notes else []
    print(f"{looked_at}: {', '.join(found)}", file=sys.stderr)
    if problems:
        raise SystemExit(1)


def print_problems(problems: Iterable[str]) -> None:
    """Print problems to standard error, each once."""
    for problem in dict.fromkeys(problems):
        print(to_terminal(problem), file=sys.stderr)


def to_terminal(text: str) -> str:
    """Write as escapes what a terminal would obey, or standard output cannot encode; lines stay lines.

    The name of a file, or the text of an error, may hold either.
    """
    if not text.isprintable():
        letters = (letter if letter.isprintable() or letter in "\n\t" else _escape(letter) for letter in text)
        text = "".join(letters)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"  # closed by `>&-`, there is none
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def shorten(file: str) -> str:
    """Write a path as it is from the current folder."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def count(number: int, noun: str) -> str:
    """Write a number with its noun."""
    return f"{number} {noun}{'s' if number != 1 else ''}"
