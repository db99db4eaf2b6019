"""Tables that fit the terminal: empty columns are left out, and a cell breaks where a reader would.

Where standard output is no terminal, a file or a program reads it, and no cell is broken.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

_PARTS = re.compile(r"\s+|[^\s./-]*[./-]+|[^\s./-]+")
"""What stays together: a word, or a name up to one of the joints ``.``, ``/`` and ``-``."""
_BETWEEN = 3
"""The width of what stands between two columns."""


def print_table(rows: Sequence[Mapping[str, str]]) -> None:
    """Print rows with the same columns as a table for people, or as blocks where no table fits."""
    from rich.console import Console  # only what prints a table needs it

    names = [name for name in (rows[0] if rows else ()) if any(row[name] for row in rows)]
    if not names:
        return
    console = Console(highlight=False, markup=False, emoji=False)
    columns = [[name, *(row[name] for row in rows)] for name in names]
    widths = _fit(columns, console.width if console.is_terminal else None)
    if widths is None:
        _print_blocks(console, columns)
    else:
        _print_columns(console, columns, widths)


def print_plain(rows: Sequence[Mapping[str, str]]) -> None:
    """Print each row as one line of columns, for grep and awk."""
    lines = [[*rows[0]], *([" ".join(cell.split()) for cell in row.values()] for row in rows)] if rows else []
    widths = [max(map(_measure, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = [cell + " " * (width - _measure(cell)) for cell, width in zip(line, widths, strict=True)]
        print("  ".join(padded).rstrip())


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
    from rich.cells import cell_len  # as above; some letters are two columns wide

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


def _print_columns(console: Console, columns: Sequence[Sequence[str]], widths: Sequence[int]) -> None:
    from rich.box import ASCII_DOUBLE_HEAD  # as above; Airflow's own tables have it
    from rich.table import Table

    table = Table(box=ASCII_DOUBLE_HEAD, show_edge=False, pad_edge=False)
    for (name, *_), width in zip(columns, widths, strict=True):
        table.add_column(name, width=width, no_wrap=True, overflow="ignore")
    for row in zip(*(column[1:] for column in columns), strict=True):
        table.add_row(*("\n".join(wrap(cell, width)) for cell, width in zip(row, widths, strict=True)))
    console.width = sum(widths) + _BETWEEN * (len(widths) - 1)  # without a terminal, rich takes 80
    console.print(table)


def _print_blocks(console: Console, columns: Sequence[Sequence[str]]) -> None:
    indent = "  "
    for row in zip(*(column[1:] for column in columns), strict=True):
        for (name, *_), cell in zip(columns, row, strict=True):
            if cell:
                lines = wrap(f"{name}: {cell}", console.width - len(indent))
                console.print(f"\n{indent}".join(lines), soft_wrap=True)
        console.print()
