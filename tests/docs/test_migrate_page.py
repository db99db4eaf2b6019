"""The three files of the page on ``k8sexec migrate`` are what the command makes of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from doc_pages import PAGES
from shown_commands import Shown, as_of_this_airflow, find_shown

from airflow_provider_k8sexec._compat import AIRFLOW_3
from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PAGE = PAGES["docs/guides/migrate.md"]
FOLDER = "shop/dags"
OF_ONE, OF_THREE = (
    " ".join(text.split()) for text in re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
"""What the page shows of standard error, each in one line."""


def assert_reported(shown: str, reported: str) -> None:
    """Compare what is reported with what the page shows, but for the figures that were measured."""
    counted, saving = shown.rsplit("; ", 1)
    pattern = (
        f"{re.escape(counted)}; {re.sub(r'[0-9]+', '[0-9]+', saving)}" if AIRFLOW_3 else re.escape(counted)
    )
    assert re.fullmatch(pattern, " ".join(reported.split()))


def read_versions() -> dict[str, list[str]]:
    """Give the texts that the page has of each file, in its order."""
    versions: dict[str, list[str]] = {}
    for item in find_shown(PAGE):
        if not isinstance(item, Shown) and str(item[0]).endswith(".py"):
            versions.setdefault(str(item[0]), []).append(as_of_this_airflow(item[1]))
    return versions


def test_the_files_of_the_page_are_rewritten_to_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader who writes the files before, and runs the command, has the files after; figures may differ."""
    monkeypatch.chdir(tmp_path)
    versions = {file: texts for file, texts in read_versions().items() if file.startswith(FOLDER)}
    assert [len(texts) for texts in versions.values()] == [2, 2, 2]
    (tmp_path / FOLDER).mkdir(parents=True)
    for file, (before, _) in versions.items():
        (tmp_path / file).write_text(before, encoding="utf-8")
    assert main(["migrate", "--write", FOLDER]) == 0
    for file, (_, after) in versions.items():
        assert (tmp_path / file).read_text(encoding="utf-8") == after
    assert_reported(OF_THREE, capsys.readouterr().err)


def test_the_first_file_of_the_page_is_counted_as_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line of the first command is the one that the page explains."""
    monkeypatch.chdir(tmp_path)
    (text,) = read_versions()["dags/report.py"]
    (tmp_path / "report.py").write_text(text, encoding="utf-8")
    assert main(["migrate", "report.py"]) == 0
    assert_reported(OF_ONE, capsys.readouterr().err)
