"""What pages show of commands is what the commands print."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from shown_commands import ELSEWHERE, ROOT, Shown, find_shown, pages, run_page

from airflow_provider_k8sexec.context import forget_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def bare_environment() -> Iterator[None]:
    """Set nothing of this package, as on a machine where it has just been installed; restore what was set."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("AIRFLOW__K8SEXEC__", "AIRFLOW__CORE__EXECUTOR")):
            del os.environ[name]
    forget_context()
    yield
    os.environ.clear()
    os.environ.update(before)
    forget_context()


@pytest.mark.usefixtures("bare_environment")
@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_the_outputs_that_a_page_shows_are_those_of_its_commands(page: Path, tmp_path: Path) -> None:
    """A reader who types the commands of a page sees what the page shows."""
    others = run_page(page.read_text(encoding="utf-8"), tmp_path)
    report = "\n".join(f"$ {shown.command}\n{output}{messages}" for shown, output, messages in others)
    assert not others, f"write the outputs anew by tests/support/shown_commands.py:\n{report}"


@pytest.mark.usefixtures("bare_environment")
def test_an_output_that_differs_is_found(tmp_path: Path) -> None:
    """The comparison fails where a line is missing, added or changed, and where lines are left out unsaid."""
    program = "```python\n# dags/load.py\nbroken = (\n```\n"
    for output, differs in [("...\n", 0), ("no such line\n", 1), ("", 1), ("...\nno such line\n", 1)]:
        page = f"{program}```console\n$ k8sexec lint dags -o json\n{output}```\n"
        assert len(run_page(page, tmp_path)) == differs, output


def test_every_program_that_a_page_shows_is_run_or_known() -> None:
    """A command that is not run here is one of another program, never one of ours with a typing error."""
    for page in pages():
        for item in find_shown(page.read_text(encoding="utf-8")):
            if isinstance(item, Shown):
                words = [word for word in item.command.split() if not re.match(r"[A-Z0-9_]+=", word)]
                assert words[0] in {"k8sexec", "export", "echo", "diff", "python", *ELSEWHERE}, item.command


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT / "docs")))
def test_every_file_that_a_page_shows_is_used_by_its_commands(page: Path) -> None:
    """No file is only written: a command below names it, its folder, or a setting that names it."""
    items = find_shown(page.read_text(encoding="utf-8"))
    for number, item in enumerate(items):
        if not isinstance(item, Shown):
            path = item[0]
            below = " ".join(other.command for other in items[number:] if isinstance(other, Shown))
            assert str(path) in below or f" {path.parent} " in f" {below} ", path
