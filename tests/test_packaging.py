"""What a package index, pip and an editor get of this project: one version, links that lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import airflow_provider_k8sexec
from airflow_provider_k8sexec import REPOSITORY_URL, __version__, docs_url

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "airflow_provider_k8sexec"
TAG = f"v{__version__}"


def headings(page: Path) -> set[str]:
    """Give the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def named_pages() -> set[tuple[str, ...]]:
    """Give the arguments of each call of `docs_url` in the package."""
    calls = (
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "docs_url"
    )
    return {tuple(ast.literal_eval(argument) for argument in call.args) for call in calls}


def test_a_link_to_the_documentation_is_of_this_version():
    """Whoever follows a message's link reads of the version that they have."""
    assert docs_url("security") == f"{REPOSITORY_URL}/blob/{TAG}/docs/security.md"
    assert docs_url("security", "tokens") == f"{REPOSITORY_URL}/blob/{TAG}/docs/security.md#tokens"


def test_each_page_that_the_code_links_is_there():
    """A message names no page, and no heading, that has moved."""
    for page, *heading in named_pages():
        path = ROOT / f"docs/{page}.md"
        assert path.is_file(), page
        assert set(heading) <= headings(path), f"{page}#{heading}"


def test_the_address_of_the_repository_has_one_home():
    """A move changes one line."""
    homes = [
        path
        for path in [
            ROOT / "pyproject.toml",
            *ROOT.glob("*.md"),
            *ROOT.glob("docs/**/*.md"),
            *PACKAGE.rglob("*.py"),
        ]
        if REPOSITORY_URL in path.read_text(encoding="utf-8")
    ]
    assert homes == [Path(airflow_provider_k8sexec.__file__)]
