"""What a package index, pip and an editor get of this project: one version, links that lead somewhere."""

from __future__ import annotations

import ast
import re
import runpy
from pathlib import Path

import pytest

import airflow_provider_k8sexec
from airflow_provider_k8sexec import REPOSITORY_URL, __version__, docs_url
from airflow_provider_k8sexec.cli import main

pytestmark = pytest.mark.any_line

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "airflow_provider_k8sexec"
TAG = f"v{__version__}"
CHECK = runpy.run_path(str(ROOT / "scripts/check_dist.py"))


def headings(page: Path) -> set[str]:
    """Give the anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def named_pages() -> set[tuple[str, ...]]:
    """Give the arguments of each call of `docs_url` in the package, as far as they are written there."""
    calls = (
        node
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "docs_url"
    )
    return {tuple(item.value for item in call.args if isinstance(item, ast.Constant)) for call in calls}


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
        # What the modelines of samples name, a test holds against the schemas.
        if REPOSITORY_URL
        in re.sub("^# yaml-language-server:.*", "", path.read_text("utf-8"), flags=re.MULTILINE)
    ]
    assert homes == [Path(airflow_provider_k8sexec.__file__)]


def info(*names: str) -> set[str]:
    """Give the paths of files of a wheel's own folder."""
    return {f"airflow_provider_k8sexec-{__version__}.dist-info/{name}" for name in names}


TRACKED = {
    "README.md",
    "docs/index.md",
    ".gitignore",
    "airflow_provider_k8sexec/py.typed",
    "tests/test_it.py",
}
WHEEL = {"airflow_provider_k8sexec/py.typed"} | info(*CHECK["INFO"])
SDIST = {f"airflow_provider_k8sexec-{__version__}/{name}" for name in TRACKED - {".gitignore"} | {"PKG-INFO"}}
METADATA = f"""\
Version: {__version__}
Requires-Dist: apache-airflow<4,>=2.11
Project-URL: Documentation, {docs_url("index")}

[pages]({REPOSITORY_URL}/blob/{TAG}/docs) ![tab]({REPOSITORY_URL}/raw/{TAG}/docs/index.md) [down](#install)
"""


@pytest.mark.parametrize(
    ("kind", "names", "problem"),
    [
        ("wheel", WHEEL, None),
        (
            "wheel",
            WHEEL - {"airflow_provider_k8sexec/py.typed"},
            "the wheel lacks airflow_provider_k8sexec/py.typed",
        ),
        ("wheel", WHEEL - info("licenses/LICENSE"), "licenses/LICENSE"),
        ("wheel", WHEEL | {"tests/test_it.py"}, "the wheel has tests/test_it.py, which is not a part of it"),
        ("sdist", SDIST, None),
        ("sdist", SDIST - {f"airflow_provider_k8sexec-{__version__}/tests/test_it.py"}, "tests/test_it.py"),
        (
            "sdist",
            SDIST | {f"airflow_provider_k8sexec-{__version__}/.env"},
            ".env, which is not a part of it",
        ),
    ],
)
def test_what_is_published_is_the_package_and_all_of_it(kind, names, problem):
    """A file that is missing, or too much, is named before the files are published."""
    found = [*CHECK[f"check_{kind}"](names, TRACKED, __version__)]
    assert found == [] if problem is None else len(found) == 1 and problem in found[0]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (("", ""), None),
        ((f"Version: {__version__}", "Version: 0.0.9"), "the metadata is of version 0.0.9"),
        (("apache-airflow<4,>=2.11", "apache-airflow>=2.11"), "does not require apache-airflow<4"),
        (("Project-URL: ", "Home-page: "), "no Project-URL"),
        (("docs/index.md)", "docs/gone.md)"), "leads to no file of the repository"),
        (("#install", "docs/index.md"), "the link docs/index.md leads nowhere on a package index"),
    ],
)
def test_the_metadata_is_of_this_version_and_its_links_lead_somewhere(changes, problem):
    """A package index shows the README, and knows no other file of the repository."""
    package = {"__version__": __version__, "REPOSITORY_URL": REPOSITORY_URL}
    found = [*CHECK["check_metadata"](METADATA.replace(*changes), TRACKED, package)]
    assert found == [] if problem is None else len(found) == 1 and problem in found[0]


def test_the_version_has_one_home(capsys):
    """The metadata, the command and the pages have the one of ``__init__.py``."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'dynamic = ["version", "readme", "urls"]' in project
    assert not re.search(r"^version = ", project, re.MULTILINE)
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"k8sexec {__version__}\n"
    for page in ("README.md", "docs/guides/installation.md"):
        named = re.findall(
            r"airflow_provider_k8sexec-(\d[^-]*)-py3", (ROOT / page).read_text(encoding="utf-8")
        )
        assert {*named} <= {__version__}
