"""How generated pages are written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]


def write_page(title: str, parts: Iterable[str]) -> str:
    """Write a page of paragraphs, headings, tables and blocks."""
    made = "<!-- Made by docs/generate from the code: change that, and run `make reference`. -->"
    return "\n\n".join([made, f"# {title}", *parts]) + "\n"


def write_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table."""
    lines = [head, ("---",) * len(head), *([*map(_write_cell, row)] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _write_cell(text: str) -> str:
    return write_sentence(text).replace("|", r"\|")


def write_block(language: str, text: str) -> str:
    """Write a block of code."""
    return f"```{language}\n{text}\n```"


def write_sentence(text: str) -> str:
    """Write a text of the code in a line: ``code`` as in Markdown, and ``<name>`` as it is."""
    text = re.sub(r"\s+", " ", text).strip()
    spans = re.split(r"(`+[^`]*`+)", text)
    return "".join(
        span.replace("``", "`") if span.startswith("`") else span.replace("<", r"\<") for span in spans
    )
