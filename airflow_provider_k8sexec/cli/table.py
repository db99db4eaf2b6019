"""Tables that fit the terminal: empty columns are left out, and a cell breaks where a reader would.

Where standard output is no terminal, a file or a program reads it, and no cell is broken.
"""

from __future__ import annotations

import re
import sys
from itertools import zip_longest
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import to_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PARTS = re.compile(r"\s+|[^\s./-]*[./-]+|[^\s./-]+")
"""What stays together: a word, or a name up to one of the joints ``.``, ``/`` and ``-``."""
_BETWEEN = 3
"""The width of what stands between two columns."""


def print_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows with the same columns as a table for people, or as blocks where no table fits."""
    names = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    if not names:
        return
    available = get_terminal_size().columns if sys.stdout.isatty() else None
    columns = [[name, *(to_terminal(row[name]) for row in rows)] for name in names]
    widths = _fit(columns, available)
    if widths is not None:
        _print_columns(columns, widths)
    elif available:
        _print_blocks(columns, available)


def print_plain(rows: Sequence[Mapping[str, str]]) -> None:
    """Print each row as one line of columns, for grep and awk."""
    lines = [[*rows[0]], *([*map(_write_line, row.values())] for row in rows)] if rows else []
    widths = [max(map(_measure, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(map(_pad, line, widths)).rstrip())


def _write_line(cell: str) -> str:
    return to_terminal(" ".join(cell.split()))


def _fit(columns: Sequence[Sequence[str]], available: int | None) -> list[int] | None:
    """Divide a width between columns; ``None`` where it is too little for the longest part of each.

    Each column has what its longest part needs, and of what is left as much as its longest line needs, the
    narrow ones first.
    """
    whole = [max(_measure(line) for cell in column for line in cell.split("\n")) for column in columns]
    if available is None:
        return whole
    widths = [max(_measure(part) for cell in column for part in _PARTS.findall(cell)) for column in columns]
    left = available - sum(widths) - _BETWEEN * (len(columns) - 1)
    if left < 0:
        return None
    narrow_first = sorted(range(len(columns)), key=lambda index: whole[index] - widths[index])
    for place, index in enumerate(narrow_first):
        more = min(whole[index] - widths[index], left // (len(columns) - place))
        widths[index] += more
        left -= more
    return widths


def _measure(text: str) -> int:
    from rich.cells import cell_len  # some letters are two columns wide

    return cell_len(text)


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines; a part that is wider than a line has one of its own."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for part in _PARTS.findall(paragraph):
            if line.strip() and _measure(line + part.rstrip()) > width:
                lines.append(line.rstrip())
                line = ""
            if line or not lines or not part.isspace():
                line += part
        lines.append(line.rstrip())
    return lines


def _print_columns(columns: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    """Print the look of Airflow's own tables; its library cuts cells at widths that are not its own."""
    heads, *rows = zip(*columns, strict=True)
    _print_row(heads, widths)
    print("=+=".join("=" * width for width in widths))
    for row in rows:
        _print_row(row, widths)


def _print_row(row: Sequence[str], widths: Sequence[int]) -> None:
    cells = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    for line in zip_longest(*cells, fillvalue=""):
        print(" | ".join(map(_pad, line, widths)).rstrip())


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _measure(text))


def _print_blocks(columns: Sequence[Sequence[str]], available: int) -> None:
    indent = "  "
    for row in zip(*(column[1:] for column in columns), strict=True):
        for (name, *_), cell in zip(columns, row, strict=True):
            if cell:
                print(f"\n{indent}".join(wrap(f"{name}: {cell}", available - len(indent))))
        print()
