"""Parts of the watch that need no server: lists, lines, and the log that is not filled."""

from __future__ import annotations

import json
import logging

import pytest

from airflow_provider_k8sexec.launch import hourly_log
from airflow_provider_k8sexec.launch import watch as pod_watch
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.watch import WatchError, is_outdated

ITEMS = [
    {"metadata": {"name": "a", "annotations": {"note": 'has "items":[ in it'}}},
    {"metadata": {"name": "b"}},
]


@pytest.fixture
def now(monkeypatch):
    """Give a clock that stands, and may be set; nothing has been logged."""
    clock = {"now": 5.0}
    monkeypatch.setattr(hourly_log.time, "monotonic", lambda: clock["now"])
    hourly_log._last.clear()
    return clock


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", " :\t")])
@pytest.mark.parametrize("items", [ITEMS, ITEMS[:1], []])
def test_a_list_is_read_item_by_item(items, separators):
    """However its server writes it."""
    whole = {"kind": "PodList", "metadata": {"resourceVersion": "7", "continue": "next"}, "items": items}
    metadata, found = pod_watch._read_list(json.dumps(whole, separators=separators))
    assert metadata == whole["metadata"]
    assert list(found) == items


@pytest.mark.parametrize("text", ['{"metadata": {}, "items": null}', '{"metadata": {}}'])
def test_a_list_of_nothing_has_no_items(text):
    """Go writes null for a list that was never made."""
    metadata, found = pod_watch._read_list(text)
    assert (metadata, list(found)) == ({}, [])


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_events_are_lines_however_they_arrive(size):
    """The network cuts them where it likes."""

    class Response:
        def stream(self, _amount):
            data = b"".join(json.dumps({"type": "ADDED", "object": item}).encode() + b"\n" for item in ITEMS)
            yield from (data[start : start + size] for start in range(0, len(data), size))

    assert [event["object"] for event in pod_watch._read_events(Response())] == ITEMS


def test_a_version_is_outdated_where_the_server_has_forgotten_it_or_not_got_it_yet():
    """410 Gone; and 504 of a server that was set back, or lags behind another."""
    assert is_outdated(WatchError(410, "too old resource version: 1 (2)"))
    assert is_outdated(WatchError(504, "Too large resource version: 2, current: 1"))
    assert not is_outdated(WatchError(504, "Timeout"))
    assert not is_outdated(OSError("away"))


def test_the_last_change_of_a_pod_is_the_newest_time_in_its_status():
    """A pod that runs for days and fails now has failed now."""
    pod = {
        "metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {
            "conditions": [{"lastTransitionTime": "2026-01-02T00:00:00Z"}, {"lastTransitionTime": None}],
            "containerStatuses": [{"state": {"terminated": {"finishedAt": "2026-01-03T00:00:00Z"}}}, {}],
        },
    }
    assert pod_watch._last_change(pod) == "2026-01-03T00:00:00Z"
    assert pod_watch._last_change({}) == ""


def test_a_kind_of_trouble_is_logged_once_an_hour(now, caplog):
    """And the next line has the number of those in between; another kind has a line of its own."""
    logger = logging.getLogger("test")
    for _ in range(3):
        warn_hourly(logger, "one", "away: %s", "a server")
    warn_hourly(logger, "another", "refused")
    now["now"] += hourly_log.HOUR
    warn_hourly(logger, "one", "away: %s", "a server")
    assert [record.getMessage() for record in caplog.records] == [
        "away: a server",
        "refused",
        "away: a server (and 2 more of this kind since the last such line)",
    ]


def test_kinds_of_trouble_are_bounded(now, caplog):
    """A kind that has a number in it would fill memory."""
    for number in range(1000):
        now["now"] += 1
        warn_hourly(logging.getLogger("test"), f"kind {number}", "odd")
    assert len(hourly_log._last) <= 100
    assert len(caplog.records) == 1000


def test_an_error_is_described_in_a_line():
    """Of an answer of the API server its message; of any other its first line, and not all of it."""

    class ApiError(Exception):
        status, body = 403, json.dumps({"message": "pods is forbidden"})

    assert describe_error(ApiError("(403)\nReason: Forbidden")) == "ApiError 403: pods is forbidden"
    assert describe_error(OSError("away\n[parameters: ...]")) == "OSError: away"
    assert len(describe_error(OSError("x" * 1000))) == 300


def test_an_error_in_a_log_is_shown_as_everywhere_else():
    """A database's error has its URL, and a server's answer the value that it objects to: both are hidden."""

    class ApiError(Exception):
        body = '{"message": "Pod is invalid: spec.containers[0].env[0].value: Invalid value: \\"pw-1\\": no"}'
        status = 422

    refused = OSError("cannot connect to postgresql://airflow:pw-1@db/airflow")
    assert describe_error(refused) == "OSError: cannot connect to postgresql://airflow:<hidden>@db/airflow"
    assert "pw-1" not in describe_error(ApiError("(422)"))

    class OddError(Exception):
        body = '{"message": {"a": 1}}'

    assert describe_error(OddError("x")) == "OddError: {'a': 1}"


def state_of(name: str, state: str, **known: object) -> dict[str, object]:
    """Give the status of a container."""
    return {"name": name, "state": {state: known}}


SIDECAR_GOES_ON = {
    "phase": "Running",
    "containerStatuses": [state_of("base", "terminated", exitCode=0), state_of("git-sync", "running")],
}
IS_GATED = {
    "phase": "Pending",
    "conditions": [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}],
}


@pytest.mark.parametrize(("status", "code"), [(SIDECAR_GOES_ON, "SidecarRunning"), (IS_GATED, "Gated")])
def test_what_often_passes_is_recorded_when_it_has_lasted(monkeypatch, status, code):
    """A sidecar that ends a moment after the worker, and a gate that opens, are nothing to report."""
    recorded = []
    now = 1000.0
    monkeypatch.setattr(pod_watch, "record_pod", lambda _, diagnosis, *__: recorded.append(diagnosis.code))
    monkeypatch.setattr(pod_watch.time, "monotonic", lambda: now)
    annotations = {"dag_id": "d", "task_id": "t", "run_id": "r", "try_number": "1"}
    pods = [{"metadata": {"uid": uid, "annotations": annotations}, "status": status} for uid in ("a", "b")]
    watching = pod_watch.PodWatch(pod_watch.Target("a-namespace", "7"))
    for pod in pods:
        watching._process("ADDED", pod)
    watching._process("MODIFIED", {**pods[0], "status": {"phase": "Succeeded"}})
    watching._check_waiting(None)
    assert recorded == []
    now += pod_watch.PATIENCE
    watching._check_waiting(None)
    watching._check_waiting(None)
    assert recorded == [code]
