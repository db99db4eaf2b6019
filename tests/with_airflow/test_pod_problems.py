"""What is wrong with a pod becomes a row of Airflow's event log, and trouble with that stops nobody."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from kubernetes.client import V1ObjectMeta, V1Pod

from airflow_provider_k8sexec import failures, listeners, pod_watch
from airflow_provider_k8sexec._compat import load_option
from airflow_provider_k8sexec.diagnosis import Diagnosis

SCHEDULER_COMMAND = "airflow.cli.commands.scheduler_command"
QUOTA = {"code": 403, "message": "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"}
REFUSED = f"Extra info: (403)\nHTTP response body: {json.dumps(QUOTA)}\n"
SENTENCE = (
    "Exceeded quota: the quota 'q' has 0 pods left of '2'; run fewer tasks at once, in a pool, "
    "or let Airflow try again with [kubernetes_executor] task_publish_max_retries."
)
TRY = ("a_dag", "a_task", "a_run", 3, 2)


@pytest.fixture
def database(empty_database: Path) -> Path:
    """Give the database of this process, with an empty event log."""
    path = Path((load_option("database", "sql_alchemy_conn") or "").removeprefix("sqlite:///"))
    if not path.exists() or not path.stat().st_size:  # who looks for a table leaves an empty file
        shutil.copy(empty_database, path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM log")
    return path


def events(database: Path) -> list[tuple[Any, ...]]:
    """Give the rows of the event log, when all that is under way is written."""
    failures._writer(os.getpid()).shutdown()
    failures._writer.cache_clear()
    columns = "dag_id, task_id, run_id, map_index, try_number, event, extra"
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(f"SELECT {columns} FROM log ORDER BY id").fetchall()  # noqa: S608  # ours


def task_instance() -> SimpleNamespace:
    """Give what the event log wants to know of a task instance."""
    return SimpleNamespace(dag_id="a_dag", task_id="a_task", run_id="a_run", map_index=3, try_number=2)


def test_a_pods_trouble_is_written_for_the_try_of_its_annotations(database: Path) -> None:
    """The event log of that very try shows the sentence, mapped instances included."""
    annotations = {"dag_id": "a_dag", "task_id": "a_task", "run_id": "a_run", "try_number": "2"}
    diagnosis = Diagnosis("OOMKilled", "memory was exceeded", "write more")
    for mapped in ({"map_index": "3"}, {}):
        failures.record_pod({"metadata": {"annotations": {**annotations, **mapped}}}, diagnosis)
    said = (failures.FAILURE_EVENT, "OOMKilled: memory was exceeded; write more.")
    assert events(database) == [(*TRY, *said), (*TRY[:3], -1, 2, *said)]


def test_a_pod_that_names_no_try_is_left_alone(database: Path) -> None:
    """A pod with the executor's label that the executor has not made stops nobody."""
    diagnosis = Diagnosis("OOMKilled", "memory was exceeded", "write more")
    named = {"dag_id": "a_dag", "task_id": "a_task", "run_id": "a_run"}
    for noted in (None, named, {**named, "try_number": "first"}):
        failures.record_pod({"metadata": {"annotations": noted}}, diagnosis)
    assert events(database) == []


def test_a_refused_pod_is_written_for_the_task_that_failed(database: Path) -> None:
    """The listener gets the executor's report with the server's answer."""
    listeners.on_task_instance_failed(task_instance(), REFUSED)
    assert events(database) == [(*TRY, failures.FAILURE_EVENT, SENTENCE)]


@pytest.mark.parametrize(
    "error", [ValueError(REFUSED), "Pod failed because of None", None, "HTTP response body: {"]
)
def test_any_other_failure_is_left_alone(database: Path, error: Any) -> None:
    """What a task raises itself, whatever its text, and what no server has answered."""
    listeners.on_task_instance_failed(task_instance(), error)
    assert events(database) == []


def test_a_task_instance_of_an_odd_shape_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """The scheduler goes on, and its log says what could not be written down."""
    with caplog.at_level(logging.WARNING):
        failures.record_refusal(object(), REFUSED)
    assert "could not be written down: 'object' object has no attribute 'dag_id'" in caplog.text


def test_a_database_that_is_away_stops_nobody(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler goes on, and its log has the sentence all the same."""

    def fail(*_args: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr("airflow.utils.session.create_session", fail)
    with caplog.at_level(logging.WARNING):
        failures.record_refusal(task_instance(), REFUSED)
        failures._writer(os.getpid()).shutdown()
    failures._writer.cache_clear()
    assert SENTENCE in caplog.text
    assert "could not be written down: the database is away" in caplog.text


def worker_pod(**labels: str) -> V1Pod:
    """Give a pod that the executor launches."""
    return V1Pod(metadata=V1ObjectMeta(namespace="a-namespace", labels=labels))


def begun(monkeypatch: pytest.MonkeyPatch, pods: list[Any]) -> list[tuple[str, str]]:
    """Tell what a process begins to watch that launches pods."""
    calls: list[tuple[str, str]] = []
    monkeypatch.setattr(pod_watch, "_start", lambda *names: calls.append(names))
    for pod in pods:
        pod_watch.watch_like(pod)
    return calls


def test_a_scheduler_watches_the_pods_that_it_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    """By namespace and scheduler; pods that are not the executor's, or of an odd shape, begin nothing."""
    monkeypatch.setitem(sys.modules, SCHEDULER_COMMAND, ModuleType(SCHEDULER_COMMAND))
    odd = [worker_pod(), V1Pod(), V1Pod(metadata={"labels": None}), None]
    assert begun(monkeypatch, [worker_pod(**{"airflow-worker": "7"}), *odd]) == [("a-namespace", "7")]


def test_no_other_process_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """`k8sexec render` runs the same hook over pods that nobody launches."""
    monkeypatch.delitem(sys.modules, SCHEDULER_COMMAND, raising=False)
    assert begun(monkeypatch, [worker_pod(**{"airflow-worker": "7"})]) == []


def test_a_launch_goes_on_where_no_thread_can_be_had(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that is out of threads loses the explanation and not the task."""

    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setitem(sys.modules, SCHEDULER_COMMAND, ModuleType(SCHEDULER_COMMAND))
    monkeypatch.setattr(threading.Thread, "start", fail)
    with caplog.at_level(logging.WARNING):
        pod_watch.watch_like(worker_pod(**{"airflow-worker": "no-thread"}))
    assert "Worker pods in a-namespace cannot be watched: can't start new thread" in caplog.text
