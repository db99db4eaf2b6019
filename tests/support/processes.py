"""Processes of Airflow, started as an installation starts them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DAGS = Path(__file__).parent / "dags"
RUN_AS_WORKER = Path(__file__).parent / "run_as_worker.py"
_TRIGGER = """
import sys
from airflow.cli.cli_parser import get_parser

for words in (["dags", "reserialize"], ["dags", "trigger", sys.argv[1]]):
    arguments = get_parser().parse_args(words)
    arguments.func(arguments)
"""


def run_python(
    *arguments: str | Path, enter: Callable[[list[str]], list[str]] = list, **environ: str | None
) -> subprocess.CompletedProcess[str]:
    """Run Python in the environment of the tests.

    Args:
        *arguments: What stands after ``python``.
        enter: Gives the command that is run in place of a command.
        **environ: Variables to set; ``None`` takes one out.
    """
    changed = {"PYTHONWARNINGS": "ignore", "COLUMNS": "200", **environ}
    env = {name: value for name, value in {**os.environ, **changed}.items() if value is not None}
    command = enter([sys.executable, *map(str, arguments)])
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603


def run_airflow(*arguments: str | Path, **environ: str | None) -> subprocess.CompletedProcess[str]:
    """Run the command ``airflow``; the arguments are those of :func:`run_python`."""
    return run_python("-m", "airflow", *arguments, **environ)


def trigger_dag(dag_id: str, **environ: str | None) -> None:
    """Make a run of a DAG of an installation, in one process: each command alone takes seconds to start."""
    output_of(run_python("-c", _TRIGGER, dag_id, **environ))


def output_of(run: subprocess.CompletedProcess[str]) -> str:
    """Give what a process printed, if it ended well; else fail with all that it said."""
    assert run.returncode == 0, f"{run.args} ended with {run.returncode}:\n{run.stdout}\n{run.stderr}"
    return run.stdout


def rows_of(home, query):
    """Ask the metadata database of an installation."""
    with closing(sqlite3.connect(home / "airflow.db")) as connection:
        return connection.execute(query).fetchall()
