"""The file and line of each finding: the author's, of every kind, on every line of Airflow and of Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Found = Callable[..., list[tuple[str, int, str, str]]]

HEAD = """\
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task, k8s_operator
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import dag, task
except ImportError:
    from airflow.decorators import dag, task
    from airflow.operators.bash import BashOperator
START = {"start_date": pendulum.datetime(2026, 1, 1), "schedule": None}
"""
TASK = "BashOperator(task_id='a', bash_command='')"
BOTH = "DAG 'same' is defined here and in one.py, line 12,"
WRONG = 'executor_config={"pod_overide": 1}'


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Found:
    """Write files, whose first line after a head is number 11, lint them, and give the findings."""
    monkeypatch.chdir(tmp_path)

    def run(**files: str) -> list[tuple[str, int, str, str]]:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(HEAD + text, encoding="utf-8")
        linted = [f"{name}.py" for name in files if not name.startswith("helper")]
        main(["lint", "-o", "json", *linted])
        out, _ = capsys.readouterr()
        assert "Traceback" not in out
        return [
            (item["file"], item["line"], item["task"], item["problem"].partition("\n")[0])
            for item in json.loads(out)
        ]

    return run


def test_tasks_of_loops_functions_and_helper_modules_have_the_line_that_makes_them(found: Found) -> None:
    """Their ids are computed, so that only the running file shows which call makes which."""
    helper = f"""\
def make(name):
    return BashOperator(
        task_id=name,
        bash_command="true",
        {WRONG},
    )
"""
    etl = f"""\
from helper_tasks import make

@task({WRONG})
def plain(): ...

@dag(dag_id="etl", **START)
def build():
    for number in range(2):
        BashOperator(task_id=f"x{{number}}", bash_command="true", {WRONG})
    make("made")
    BashOperator.partial(
        task_id="mapped",
        {WRONG},
    ).expand(
        bash_command=["true"],
    )
    plain()
    k8s_task(task_id="quick", memory=512)(lambda: None)()
build()
"""
    places = {task: (file, line) for file, line, task, _ in found(helper_tasks=helper, etl=etl)}
    assert places == {
        "etl.x0": ("etl.py", 19),
        "etl.x1": ("etl.py", 19),
        "etl.made": ("helper_tasks.py", 12),
        "etl.mapped": ("etl.py", 21),
        "etl.plain": ("etl.py", 13),
        "etl.quick": ("etl.py", 28),
    }


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("x = 1\nimport nosuchmodule\n", 12, "ModuleNotFoundError: No module named 'nosuchmodule'"),
        ("def f(:\n", 11, "SyntaxError: invalid syntax"),
        (
            "from airflow_provider_k8sexec import k8s_tsk\n",
            11,
            "ImportError: cannot import name 'k8s_tsk' from 'airflow_provider_k8sexec'; write k8s_task.",
        ),
        (
            "from airflow_provider_k8sexec import KPO\n",
            11,
            "'airflow_provider_k8sexec'; write one of ClusterError,",
        ),
        ("import json\njson.loads(\n    '{',\n)\n", 12, "JSONDecodeError: Expecting property name"),
        ("import sys\nsys.exit('bye')\n", 12, "SystemExit: bye"),
        ("k8s_operator('bash')\n", 11, "k8s_operator('bash') is no operator class"),
        ("with DAG('a b', **START):\n    pass\n", 11, ": The key 'a b' has to be made of alphanumeric"),
        (
            f"\nwith DAG('etl', **START):\n    a = {TASK}\n    a >> a\n",
            12,
            "ycle",
        ),
        (
            f"\nwith DAG('etl', **{{**START, 'schedule': 'never'}}):\n    {TASK}\n",
            12,
            "xactly 5, 6",
        ),
        (
            f"with DAG('etl', **START):\n    {TASK}\n    {TASK}\n",
            13,
            "DuplicateTaskIdFound: Task id 'a' has already been added",
        ),
        (
            f"with DAG('etl', **START):\n    {TASK[:-1]},\n        foo={{'b': 1}})\n",
            12,
            "Invalid arguments were passed to BashOperator (task_id: a). Invalid arguments were:",
        ),
    ],
)
def test_what_ends_a_file_stands_at_the_authors_line(
    found: Found, text: str, line: int, problem: str
) -> None:
    """Neither at one of this package or of Airflow, nor at none; errors of a DAG stand where it is made."""
    ((file, at, _, told),) = found(etl=text)
    assert (file, problem in told) == ("etl.py", True), told
    assert at == line


def test_an_error_in_a_helper_module_is_one_finding_with_the_files_that_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At its own line: each of the DAG files only imports it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper_broken.py").write_text("x = 1\nraise ValueError('no')\n", encoding="utf-8")
    (tmp_path / "helper_syntax.py").write_text("x = 1\ndef f(:\n", encoding="utf-8")
    for number in range(5):
        (tmp_path / f"etl{number}.py").write_text("import helper_broken\n", encoding="utf-8")
    (tmp_path / "last.py").write_text("import helper_syntax\n", encoding="utf-8")
    assert main(["lint", "-o", "json", *(f"etl{number}.py" for number in range(5)), "last.py"]) == 1
    found = [(item["file"], item["line"], item["problem"]) for item in json.loads(capsys.readouterr().out)]
    assert found == [
        (
            "helper_broken.py",
            2,
            "ValueError: no\nIt stops etl0.py, etl1.py, etl2.py and 2 more from loading.",
        ),
        ("helper_syntax.py", 2, "SyntaxError: invalid syntax\nIt stops last.py from loading."),
    ]


def test_a_dag_of_two_files_is_one_finding_with_both(found: Found) -> None:
    """Airflow loads one of the two, whichever it finds first."""
    text = "\nwith DAG('same', **START):\n    BashOperator(task_id='a', bash_command='true')\n"
    assert found(one=text, two=text) == [
        (
            "two.py",
            12,
            "",
            f"{BOTH} and Airflow loads one of the two; rename one, or remove it.",
        )
    ]
