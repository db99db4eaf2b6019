"""The pages that readers have, and what is in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
}
"""The text of each page, by its path."""

_BLOCK = re.compile(
    r"^(?P<indent> *)(?P<fence>```+|:::+)(?P<language>\S*).*?\n(?P<text>.*?)^ *(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A block of code: its page, the line at which it begins, its language and its text, at the margin."""

    page: str
    line: int
    language: str
    text: str


def blocks_of(page: str, language: str = "") -> list[Block]:
    """Give the blocks of a page, of one language if that is given; those inside of a card or tab as well."""
    return [block for block in _find(page, PAGES[page], 1) if language in ("", block.language)]


def _find(page: str, text: str, first: int) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(text):
        line = first + text.count("\n", 0, match.start())
        inner = re.sub(rf"^{match['indent']}", "", match["text"], flags=re.MULTILINE)
        is_container = match["language"].startswith("{") and "```" in inner
        found += (
            _find(page, inner, line + 1) if is_container else [Block(page, line, match["language"], inner)]
        )
    return found


def prose_of(page: str) -> str:
    """Give the sentences of a page: without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", _BLOCK.sub("", PAGES[page]), flags=re.DOTALL)


def code_spans_of(page: str) -> list[str]:
    """Give what a page sets as code within its sentences, each in one line."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose_of(page))]
