"""One table in Markdown: what each alternative takes, the ratios, and what the budgets say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.alternatives import HAND_WRITTEN, OURS, PLAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Row:
    """One figure of each alternative.

    Attributes:
        scenario: What is done.
        shape: The DAG files.
        measure: What is measured, with its unit.
        figures: The medians, by alternative.
    """

    scenario: str
    shape: str
    measure: str
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Budget:
    """What a figure is to be, and is.

    Attributes:
        name: What is measured.
        wanted: The budget, in words.
        found: The figure.
        is_met: Whether it is within the budget.
    """

    name: str
    wanted: str
    found: str
    is_met: bool


def at_most(name: str, figure: float, limit: float) -> Budget:
    """Hold a figure against the most that it may be."""
    return Budget(name, f"<= {limit:g}", f"{figure:.2f}", is_met=figure <= limit)


def name_shape(tasks: int, files: int = 1) -> str:
    """Name what DAG files there are: ``1,000 tasks``, ``100 files of 1 task``."""
    counted = f"{tasks:,} task{'s' if tasks > 1 else ''}"
    return f"{files} files of {counted}" if files > 1 else counted


def format_rows(rows: Iterable[Row]) -> str:
    """Write the rows, with the ratios to the limit and to what is replaced."""
    heads = ["what", "DAG file", "measure", PLAIN, HAND_WRITTEN, OURS, "ours : plain", "hand-written : ours"]
    return _format(heads, map(_cells, rows), numbers=5)


def format_budgets(budgets: Iterable[Budget]) -> str:
    """Write what was wanted, and what was found."""
    heads = ["budget", "wanted", "found", "verdict"]
    cells = (
        [each.name, each.wanted, each.found, "met" if each.is_met else "**not met**"] for each in budgets
    )
    return _format(heads, cells, numbers=0)


def _cells(row: Row) -> list[str]:
    plain, by_hand, ours = (row.figures.get(way) for way in (PLAIN, HAND_WRITTEN, OURS))
    figures = ["" if figure is None else _number(figure) for figure in (plain, by_hand, ours)]
    ratios = [
        f"{ours / plain:.2f}" if ours and plain else "",
        f"{by_hand / ours:.2f}" if ours and by_hand else "",
    ]
    return [row.scenario, row.shape, row.measure, *figures, *ratios]


def _number(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"  # three digits are enough


def _format(heads: list[str], lines: Iterable[list[str]], numbers: int) -> str:
    rule = ["---"] * (len(heads) - numbers) + ["--:"] * numbers
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *lines])
