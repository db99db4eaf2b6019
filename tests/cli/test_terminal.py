"""What a person at a terminal sees of a command that takes long, is interrupted, or whose reader has gone."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs the tests may ignore it
from airflow_provider_k8sexec.cli import main
sys.exit(main())
"""
DAG_FILE = """
import time
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task

time.sleep({seconds})
with DAG("{dag_id}", start_date=pendulum.datetime(2023, 1, 1), schedule=None):
    @k8s_task(cpu=0.5, memory="1Gi")
    def extract_the_daily_orders_of_all_regions(): ...
    extract_the_daily_orders_of_all_regions()
"""

pytestmark = pytest.mark.once_a_line


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    """Give a folder of one slow DAG file, and of one after it."""
    for file, seconds in (("slow", 2.1), ("then", 0)):
        (tmp_path / f"{file}.py").write_text(DAG_FILE.format(dag_id=f"load_{file}", seconds=seconds))
    return tmp_path


def start(*words: str | Path, **streams: int) -> subprocess.Popen[bytes]:
    """Start a command."""
    environ = {**os.environ, "COLUMNS": "80"}
    return subprocess.Popen(  # noqa: S603  # this program
        [sys.executable, "-c", COMMAND, *map(str, words)], env=environ, **streams
    )


def read_terminal(descriptor: int) -> str:
    """Read what is written to a terminal until no process has it open."""
    found = b""
    try:
        while read := os.read(descriptor, 65536):
            found += read
    except OSError:  # so ends a terminal
        pass
    os.close(descriptor)
    return found.decode().replace("\r\n", "\n")


def test_progress_is_shown_after_two_seconds_and_the_table_fits(dags: Path) -> None:
    """The line of progress is one line, names the file, and is gone at the end."""
    outside, inside = pty.openpty()
    process = start("render", dags, "-o", "table", stdout=inside, stderr=inside)
    os.close(inside)
    shown = read_terminal(outside)
    assert process.wait() == 0
    before, *steps, after = shown.split("\r\033[K")
    assert [step for step in steps if step] == [f"Loading {dags}/then.py ..."[:79]]
    assert "Loading" not in before
    *lines, summary = after.splitlines()
    (first,) = (number for number, line in enumerate(lines) if line.startswith("task "))
    assert max(map(len, lines[first:])) <= 80
    assert summary == "2 tasks in 2 files: no problems"


def test_an_interrupted_command_ends_in_a_word(tmp_path: Path) -> None:
    """Ctrl-C while a DAG file is loaded: status 130, no traceback."""
    began = tmp_path / "began"
    file = tmp_path / "slow.py"
    file.write_text(f"open({str(began)!r}, 'w'); import time; time.sleep(60)  # airflow DAG")
    process = start("lint", file, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not began.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate()
    assert (process.returncode, errors) == (130, b"Interrupted.\n")


def test_a_closed_pipe_ends_a_command_silently(dags: Path) -> None:
    """As with `k8sexec render dags | head -1`: status 141, and no complaint of the interpreter."""
    read, write = os.pipe()
    os.close(read)
    process = start("render", dags / "then.py", stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    _, errors = process.communicate()
    assert process.returncode == 141
    assert b"Traceback" not in errors
    assert b"Broken" not in errors
