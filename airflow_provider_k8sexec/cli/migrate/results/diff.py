"""The unified diff of a rewritten file, as ``git apply`` and ``patch -p1`` take it."""

from __future__ import annotations

import re
from textwrap import wrap
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.results.matching_lines import LineMatcher
from airflow_provider_k8sexec.cli.output import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NO_NEWLINE = "\n\\ No newline at end of file\n"
_WIDTH = 100
_CONTEXT = 3
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
    hunks = "".join(_end_line(line) for line in _write_hunks(split_lines(before), split_lines(after)))
    if not hunks:
        return ""
    head = [f"{line}\n" for note in notes for line in _wrap(note)]
    names = f"--- {_write_name('a', file)}\n+++ {_write_name('b', file)}\n"
    return "".join(head) + names + hunks


def _write_hunks(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for group in LineMatcher(before, after).get_grouped_opcodes(_CONTEXT):
        (_, first, _, other_first, _), (_, _, last, _, other_last) = group[0], group[-1]
        yield f"@@ -{_write_range(first, last)} +{_write_range(other_first, other_last)} @@\n"
        for kind, start, end, other_start, other_end in group:
            if kind == "equal":
                yield from (f" {line}" for line in before[start:end])
            else:
                yield from (f"-{line}" for line in before[start:end])
                yield from (f"+{line}" for line in after[other_start:other_end])


def _write_range(start: int, end: int) -> str:
    """Write the first line, counted from 1, and how many there are; of none, the line before."""
    length = end - start
    return f"{start + 1}" if length == 1 else f"{start + 1 if length else start},{length}"


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
