"""Writes ``llms.txt``, which lists the pages for programs that read Markdown, and ``llms-full.txt`` with all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOCTREE = re.compile(
    r"^```\{toctree\}\n(?P<options>(?::[^\n]*\n)*)\n(?P<pages>.*?)^```$", re.MULTILINE | re.DOTALL
)


def write_lists(app: Any, error: Exception | None) -> None:
    """Write both files beside the pages, once these are built.

    Source: https://llmstxt.org/
    """
    if error is None and app.builder.format == "html":
        source, built = Path(app.srcdir), Path(app.outdir)
        index = (source / "index.md").read_text(encoding="utf-8")
        sections = [*_list_sections(index)]
        (built / "llms.txt").write_text("\n\n".join(_write_list(source, index, sections)) + "\n", "utf-8")
        pages = [name for _, names in sections for name in names]
        texts = [(source / f"{name}.md").read_text(encoding="utf-8").strip() for name in pages]
        (built / "llms-full.txt").write_text("\n\n".join(texts) + "\n", "utf-8")


def _list_sections(index: str) -> Iterator[tuple[str, list[str]]]:
    """Give the captions of the first page's lists, with the pages of each."""
    for toctree in _TOCTREE.finditer(index):
        caption = re.search(r":caption: (.+)", toctree["options"])
        yield caption[1] if caption else "Start", toctree["pages"].split()


def _write_list(source: Path, index: str, sections: list[tuple[str, list[str]]]) -> Iterator[str]:
    title, first = _read_head(index)
    yield f"# {title}\n\n> {first}\n\n[All pages in one file](llms-full.txt)"
    for caption, names in sections:
        lines = []
        for name in names:
            title, first = _read_head((source / f"{name}.md").read_text(encoding="utf-8"))
            lines.append(f"- [{title}](_sources/{name}.md.txt): {first}")
        yield "\n".join([f"## {caption}\n", *lines])


def _read_head(page: str) -> tuple[str, str]:
    """Give the title of a page and its first paragraph, without links, in one line."""
    paragraphs = re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL).strip().split("\n\n")
    first = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(paragraphs[1].split()))
    return paragraphs[0].removeprefix("# "), first


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx call it."""
    app.connect("build-finished", write_lists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
