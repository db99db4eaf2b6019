"""Which processes watch pods and record refusals, and that trouble with either stops nobody."""

from __future__ import annotations

import json
import sys
import threading
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from airflow_provider_k8sexec.executor_names import SCHEDULER_COMMAND
from airflow_provider_k8sexec.launch import hourly_log, record_writer, scheduler_watch
from airflow_provider_k8sexec.launch.watch import Target
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.pod.pod_try import PodTry, parse_try

QUOTA = {"code": 403, "message": "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"}
REFUSED = f"Extra info: (403)\nHTTP response body: {json.dumps(QUOTA)}\n"
SENTENCE = (
    "Quota: the quota 'q' has 0 pods left of '2'; run fewer tasks at once, in a pool, "
    "or let Airflow try again with [kubernetes_executor] task_publish_max_retries."
)
TRY = PodTry("a_dag", "a_task", "a_run", 3, 2)
ANNOTATIONS = {
    "dag_id": "a_dag",
    "task_id": "a_task",
    "run_id": "a_run",
    "map_index": "3",
    "try_number": "2",
}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[PodTry, str]]:
    """Give what is handed to the writer."""
    found: list[tuple[PodTry, str]] = []
    monkeypatch.setattr(
        record_writer.Writer, "add", lambda _, record: found.append((record.of, str(record.diagnosis)))
    )
    return found


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Let this process be a scheduler with a KubernetesExecutor; give what is set as it begins to watch."""
    event = threading.Event()
    monkeypatch.setitem(sys.modules, SCHEDULER_COMMAND, ModuleType(SCHEDULER_COMMAND))
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor,KubernetesExecutor")
    monkeypatch.setattr(scheduler_watch, "_is_started", False)
    monkeypatch.setattr(scheduler_watch, "_follow_executors", event.set)
    hourly_log._last.clear()
    return event


def test_a_refused_pod_is_recorded_for_the_task_that_failed(recorded):
    """The listener gets the executor's report with the server's answer."""
    task_instance = SimpleNamespace(
        dag_id="a_dag", task_id="a_task", run_id="a_run", map_index=3, try_number=2
    )
    listeners.on_task_instance_failed(task_instance, REFUSED)
    assert recorded == [(TRY, SENTENCE)]


@pytest.mark.parametrize(
    "error", [ValueError(REFUSED), "Pod failed because of None", None, "HTTP response body: {"]
)
def test_any_other_failure_is_left_alone(recorded, error: Any):
    """What a task raises itself, whatever its text, and what no server has answered."""
    listeners.on_task_instance_failed(SimpleNamespace(), error)
    assert recorded == []


def test_a_pod_is_of_the_try_that_its_annotations_name():
    """A task that is not mapped has no index in them."""
    assert parse_try(ANNOTATIONS) == TRY
    unmapped = {name: text for name, text in ANNOTATIONS.items() if name != "map_index"}
    assert parse_try(unmapped) == PodTry("a_dag", "a_task", "a_run", -1, 2)


@pytest.mark.parametrize(
    "odd", [{}, {"dag_id": "d"}, {**ANNOTATIONS, "try_number": "first"}, None, [], "text"]
)
def test_a_pod_that_names_no_try_is_left_alone(odd):
    """A pod with the executor's label that the executor has not made stops nobody."""
    assert parse_try(odd) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"try_number": str(2**31)},
        {"try_number": "-1"},
        {"map_index": "9" * 30},
        {"map_index": "-2"},
        {"dag_id": "d" * 251},
        {"task_id": "half of a pair: \ud800"},
        {"run_id": "NUL: \0"},
    ],
)
def test_what_airflows_tables_cannot_hold_is_no_try(odd):
    """An override can replace the annotations: no statement with such a try would ever succeed."""
    assert parse_try({**ANNOTATIONS, **odd}) is None


def test_a_scheduler_watches_from_its_start(begun):
    """Before it launches a pod, so that those of the scheduler before it are seen."""
    listeners.on_starting(object())
    assert begun.wait(5)


def test_a_scheduler_begins_to_watch_once(begun):
    """Airflow 2 makes a job for each task of the LocalExecutor, in processes forked from the scheduler."""
    listeners.on_starting(object())
    assert begun.wait(5)
    begun.clear()
    listeners.on_starting(object())
    assert not begun.wait(0.2)


@pytest.mark.parametrize(
    ("name", "value"),
    [("AIRFLOW__K8SEXEC__WATCH_PODS", "False"), ("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")],
)
def test_a_site_may_switch_the_watch_off_and_needs_none_without_pods(begun, monkeypatch, name, value):
    """By [k8sexec] watch_pods; and a scheduler without a KubernetesExecutor has nothing to watch."""
    monkeypatch.setenv(name, value)
    listeners.on_starting(object())
    assert not begun.wait(0.2)


def test_no_other_process_watches(begun, monkeypatch):
    """Workers, dag-processors and commands have nothing to watch."""
    monkeypatch.delitem(sys.modules, SCHEDULER_COMMAND)
    listeners.on_starting(object())
    assert not begun.wait(0.2)


def test_a_scheduler_starts_where_no_thread_can_be_had(begun, caplog, monkeypatch):
    """A machine that is out of threads loses the explanations and not the scheduler."""

    def fail(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    listeners.on_starting(object())
    assert "Worker pods are not watched: RuntimeError: can't start new thread" in caplog.text
    assert not begun.is_set()


def test_what_the_executors_watch_is_watched():
    """Each of their processes has a namespace and a scheduler, in newer providers a team; others are none."""

    class KubernetesJobWatcher:
        def __init__(self, namespace: str, team: str | None = None) -> None:
            self.namespace, self.scheduler_job_id = namespace, "7"
            if team:
                self.team_name = team

    class Renamed(KubernetesJobWatcher):
        pass

    children = [
        object(),
        KubernetesJobWatcher("one"),
        Renamed("ALL_NAMESPACES", "team-a"),
        threading.Thread(),
    ]
    assert list(scheduler_watch._find_targets(children)) == [Target("one", "7"), Target(None, "7", "team-a")]


def test_the_marks_of_airflow_that_the_watch_goes_by_are_airflows_own():
    """The name of the executor's watching process, and what it calls all namespaces, label and all."""
    from airflow.providers.cncf.kubernetes.executors import (
        kubernetes_executor_types,
        kubernetes_executor_utils,
    )

    assert hasattr(kubernetes_executor_utils, scheduler_watch._WATCHER)
    assert kubernetes_executor_types.ALL_NAMESPACES == scheduler_watch._ALL_NAMESPACES


class Away:
    """A watch whose server does not answer, or answers with a status."""

    def __init__(self, status: int | None = None) -> None:
        self.target = Target("a-namespace", "7")
        self.error = OSError("the server is away")
        if status is not None:
            self.error.status = status

    def go_round(self, _api: object, _seconds: int) -> None:
        """Fail."""
        raise self.error


def test_a_watch_that_fails_waits_ever_longer(monkeypatch, caplog):
    """Up to two minutes, within what the server remembers; and one line an hour says so."""
    hourly_log._last.clear()
    monkeypatch.setattr(scheduler_watch._Worker, "_client", lambda *_: None)
    now = 1000.0
    monkeypatch.setattr(scheduler_watch.time, "monotonic", lambda: now)
    worker, turn = scheduler_watch._Worker(), scheduler_watch._Turn(Away())
    worker._turns.append(turn)
    pauses = []
    for _ in range(12):
        worker.take(turn)
        pauses.append(turn.due - now)
    assert 1 <= pauses[0] <= 2
    assert all(60 <= pause <= 120 for pause in pauses[-5:])
    assert len(set(pauses)) > 6  # with jitter
    assert caplog.text.count("cannot be watched") == 1


@pytest.mark.parametrize(("status", "postponed"), [(None, 2), (403, 1)])
def test_a_server_that_is_away_is_away_for_all_namespaces(monkeypatch, status, postponed):
    """Who may not watch in one namespace may in another; but where nobody answers, not each is waited for."""
    monkeypatch.setattr(scheduler_watch._Worker, "_client", lambda *_: None)
    worker = scheduler_watch._Worker()
    worker._turns += [scheduler_watch._Turn(Away(status)) for _ in range(2)]
    worker.take(worker._turns[0])
    assert sum(turn.failures > 0 for turn in worker._turns) == postponed
