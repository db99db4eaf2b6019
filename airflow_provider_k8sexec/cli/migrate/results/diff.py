"""The unified diff of a rewritten file, as ``git apply`` and ``patch -p1`` take it."""

from __future__ import annotations

import re
from difflib import unified_diff
from textwrap import wrap
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NO_NEWLINE = "\n\\ No newline at end of file\n"
_WIDTH = 100
_QUOTED = re.compile(r'["\\\x00-\x1f\x7f]')


def write_diff(file: str, before: str, after: str, notes: Sequence[str] = ()) -> str:
    """Write the unified diff of a file.

    Args:
        file: Its path.
        before: Its text, with line ends as they are in the file.
        after: Its new text.
        notes: Lines before the diff, which tools that apply it ignore.

    Returns:
        The diff, whose lines end as those of the file do; empty where nothing changes.
    """
    lines = unified_diff(
        split_lines(before), split_lines(after), _write_name("a", file), _write_name("b", file), n=3
    )
    text = "".join(_end_line(line) for line in lines)
    return "".join(f"# {line}\n" for note in notes for line in _wrap(note)) + text if text else ""


def split_lines(text: str) -> list[str]:
    """Split a text at line feeds alone, as ``diff`` does; a form feed may be part of a line."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def count_saved(before: str, after: str) -> int:
    """Count the lines that a file has less."""
    return len(split_lines(before)) - len(split_lines(after))


def _wrap(note: str) -> list[str]:
    return wrap(note, _WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _end_line(line: str) -> str:
    return line if line.endswith("\n") else f"{line}{_NO_NEWLINE}"


def _write_name(side: str, file: str) -> str:
    """Write the name of a file as git does: a tab ends a name with spaces, odd letters are quoted."""
    name = f"{side}/{shorten(file).lstrip('/')}"
    if _QUOTED.search(name):
        return '"' + "".join(_escape(name)) + '"'
    return f"{name}\t" if " " in name else name


def _escape(name: str) -> Iterator[str]:
    for letter in name:
        yield f"\\{ord(letter):03o}" if _QUOTED.match(letter) else letter
