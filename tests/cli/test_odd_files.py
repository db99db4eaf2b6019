"""DAG files that change the process, are written in other encodings, or have odd names."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING

import pytest
import yaml

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.table import print_plain, print_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Lint = Callable[..., str]

DAG_FILE = """\
{first}
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator
with DAG("{dag}", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    K8sBashOperator(task_id="a", bash_command="é", memory=512)  # k8sexec: ignore[K8S103]
    K8sBashOperator(task_id="b", bash_command="é", memory=512)
"""


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lint:
    """Stand in the folder of the files, run the command on all of it, and give its output."""
    monkeypatch.chdir(tmp_path)

    def run(form: str) -> str:
        main(["lint", ".", "-o", form])
        output = capsys.readouterr()
        assert "cannot go on" not in output.err
        return output.out

    return run


def lines_of(text: str) -> list[tuple[str, int]]:
    """Give the file and line of each finding."""
    return [(item["file"], item["line"]) for item in json.loads(text)]


@pytest.mark.parametrize(
    ("first", "encoding", "newline"),
    [("", "utf-8-sig", "\n"), ("# -*- coding: latin-1 -*-", "latin-1", "\n"), ("", "utf-8", "\r")],
)
def test_comments_and_lines_are_read_in_the_encoding_of_the_file(
    first: str, encoding: str, newline: str, lint: Lint, tmp_path: Path
) -> None:
    """Python reads a declared encoding, the mark that editors write on Windows, and all ends of lines."""
    text = DAG_FILE.format(first=first, dag="etl")
    (tmp_path / "etl.py").write_text(text, encoding=encoding, newline=newline)
    assert lines_of(lint("json")) == [("etl.py", 7)]


def test_a_dag_file_that_changes_the_process_leaves_the_others_alone(lint: Lint, tmp_path: Path) -> None:
    """It may go to another folder, replace the path of modules, or end by an exception of any kind."""
    changes = {
        "a": "import os; os.chdir('/')",
        "b": "import sys; sys.path = sys.path[:-1]",
        "c": "class Gone(BaseException): ...\nraise Gone('airflow dag')",
        "d": "",
    }
    for name, first in changes.items():
        (tmp_path / f"{name}.py").write_text(DAG_FILE.format(first=first, dag=name), encoding="utf-8")
    assert lines_of(lint("json")) == [("a.py", 7), ("b.py", 7), ("c.py", 2), ("d.py", 7)]


def test_a_file_name_that_is_no_text_is_shown_in_every_form(lint: Lint, tmp_path: Path) -> None:
    """Such names come from archives; a terminal does not obey what is in them."""
    name = os.fsdecode(b"odd\xff\x1b[31m.py")
    (tmp_path / name).write_text("from airflow import DAG\nraise ValueError('\\x1b[2J')\n", encoding="utf-8")
    found = {form: lint(form) for form in ("table", "plain", "github", "json", "yaml", "sarif")}
    assert not any("\x1b" in text for text in found.values())
    assert all(r"odd\udcff\x1b[31m.py" in found[form] for form in ("table", "plain", "github"))
    assert lines_of(found["json"])[0][0] == name
    assert "odd" in yaml.safe_load(found["yaml"])[0]["file"]
    assert '"odd%FF%1B%5B31m.py"' in found["sarif"]


@pytest.mark.skipif(not compat.AIRFLOW_3, reason="Airflow 2 leaves out a pattern that it cannot read")
def test_an_airflowignore_that_cannot_be_read_is_named_with_its_folder(lint: Lint, tmp_path: Path) -> None:
    """Airflow's own processor of DAGs stops at it, too."""
    (tmp_path / ".airflowignore").write_text("[z-a]\n", encoding="utf-8")
    (tmp_path / "etl.py").write_text(DAG_FILE.format(first="", dag="etl"), encoding="utf-8")
    problem = "The folder '.' has an .airflowignore that Airflow cannot read: bad character range z-a"
    assert problem in lint("plain")


@pytest.mark.parametrize("show", [print_table, print_plain])
def test_a_table_has_no_letter_that_a_terminal_obeys_or_cannot_show(
    show: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Escape sequences change the title, marks of direction turn a name round; some output is ASCII."""
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stdout)
    show([{"task": "a\x1b]0;x\x07\u202eb", "problem": "größer"}])
    stdout.seek(0)
    assert {r"a\x1b]0;x\x07\u202eb", r"gr\xf6\xdfer"} <= {*stdout.read().split()}
