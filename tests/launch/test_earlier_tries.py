"""The step of a try by how earlier tries ended, in Airflow's own database: SQLite and PostgreSQL."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from airflow import settings
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow_databases import Records, run_database
from attrs import evolve
from executor_pods import construct_pod
from sqlalchemy import create_engine, delete, event, text

from airflow_provider_k8sexec.diagnosis import Diagnosis
from airflow_provider_k8sexec.launch import earlier_tries, ended_pods, hourly_log, record_writer
from airflow_provider_k8sexec.launch.earlier_tries import EarlierTries
from airflow_provider_k8sexec.launch.failure_events import record_pod
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.options.per_try import Steps
from airflow_provider_k8sexec.past_tries.earlier_ends import STEP_EVENT
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage
from airflow_provider_k8sexec.pod.annotations import PER_TRY_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from airflow_provider_k8sexec.pod.pod_try import PodTry

AMOUNTS = tuple([amount, amount] for amount in ("1Gi", "2Gi", "4Gi"))
LADDER = Steps("memory", "oom", AMOUNTS)
OUT_OF_MEMORY = Diagnosis("OOMKilled", "memory='1Gi' was exceeded", "set retries=...")
DRAINED = Diagnosis("Drained", "it was evicted", "set retries=...", "EvictionByEvictionAPI")
KILLED = Usage(try_number=1, memory_peak=2**30, memory_limit=2**30, oom_kills=1).to_record()
ENDED_WELL = Usage(try_number=1, memory_peak=2**30).to_record()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Give the port of a server that takes connections, and answers none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


@pytest.fixture
def records(
    url: str, silent_server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Records]:
    """Give the database of this process, as a scheduler that has just started; no API server answers."""
    cluster = {"name": "c", "cluster": {"server": f"http://127.0.0.1:{silent_server}"}}
    context = {"name": "c", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {}}]
    config = {"clusters": [cluster], "contexts": [context], "users": users, "current-context": "c"}
    (tmp_path / "kubeconfig").write_text(json.dumps(config), encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER", "False")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(tmp_path / "kubeconfig"))
    engine = create_engine(url)
    monkeypatch.setattr(settings, "engine", engine)
    monkeypatch.setattr(ended_pods, "_SECONDS", (0.3, 0.3))
    monkeypatch.setattr(ended_pods, "_silent_until", 0.0)
    monkeypatch.setattr(earlier_tries, "_launched", Recent(10))
    record_writer._writers.clear()
    ended_pods._clients.clear()
    hourly_log._last.clear()
    yield Records(engine)
    assert record_writer.flush(30)
    record_writer._writers.clear()
    ended_pods._clients.clear()
    engine.dispose()


class Answering(BaseHTTPRequestHandler):
    """Answers after ``seconds`` as an API server of the status ``code`` without pods, and counts requests."""

    code = 200
    count = 0
    seconds = 0.0

    def do_GET(self) -> None:
        """Answer."""
        type(self).count += 1
        time.sleep(self.seconds)
        self.send_response(self.code)
        self.end_headers()
        self.wfile.write(b'{"items": []}')

    def log_message(self, *_: object) -> None:
        """Write no line for each request."""


@pytest.fixture
def answering(records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Answering]]:
    """Let an API server answer the scheduler of this database."""
    assert records.engine is settings.engine
    monkeypatch.setattr(Answering, "count", 0)
    monkeypatch.setattr(ended_pods, "_SLOW", 60)  # on a busy machine, each answer may be slow
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        file = tmp_path / "kubeconfig"
        config = json.loads(file.read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{server.server_port}"
        file.write_text(json.dumps(config), encoding="utf-8")
        yield Answering
        server.shutdown()


def launch(of: PodTry) -> EarlierTries:
    """Begin the launch of a try, as the executor does."""
    ladder = {"memory": {"after": "oom", "steps": [*AMOUNTS]}}
    override = {"metadata": {"annotations": {PER_TRY_ANNOTATION: json.dumps(ladder)}}}
    names = ("dag_id", "task_id", "run_id", "try_number", "map_index")
    pod = construct_pod(
        None,
        {**override, "spec": {"containers": [{"name": "base"}]}},
        **{name: getattr(of, name) for name in names},
    )
    return EarlierTries(pod)


def events_of(records: Records, of: PodTry) -> list[str]:
    """Give what the event log says of the step of a try."""
    assert record_writer.flush(20)
    statement = (
        "SELECT extra FROM log WHERE event = :event AND run_id = :run AND try_number = :number ORDER BY id"
    )
    return [
        row[0] for row in records.execute(statement, event=STEP_EVENT, run=of.run_id, number=of.try_number)
    ]


def test_a_record_that_still_waits_to_be_written_counts(records):
    """The database refuses writes for a moment; the next try is launched meanwhile."""
    of = records.create_try(2)
    allow = records.refuse_writes()
    try:
        record_pod(evolve(of, try_number=1), OUT_OF_MEMORY)
        time.sleep(0.2)
        waiting = record_writer.list_urgent()
    finally:
        allow()
    assert {record.of.try_number for record in waiting} == {1}  # also while it is tried again
    assert launch(of).find_ended("oom") == [1]


def test_what_only_the_worker_knew_is_kept_for_all_later_tries(records):
    """A child is killed in try 1, try 2 fails, try 3 runs out of memory: the fourth has the third step."""
    second = records.create_try(2)
    records.store_xcom(second, USAGE_KEY, KILLED)
    assert launch(second).choose(LADDER) == 1
    assert events_of(records, second) == ["memory has step 2 of 3 (after='oom'): try 1 ended so."]
    first = evolve(second, try_number=1)
    sentence = (
        "OOMKilled: memory='1Gi' was exceeded; set retries=... so that it runs again, with memory='2Gi'."
    )
    assert records.read(first) == [sentence]
    for number in (2, 3):  # Airflow removes the XCom as the next try starts
        records.execute("DELETE FROM xcom WHERE run_id = :run", run=second.run_id)
        records.retry(evolve(second, try_number=number), queued_by=7)
    record_pod(evolve(second, try_number=3), OUT_OF_MEMORY)
    assert record_writer.flush(20)
    assert launch(evolve(second, try_number=4)).choose(LADDER) == 2


def test_where_no_source_knows_no_step_is_taken_and_the_event_log_says_so(records, caplog):
    """The server is waited for once, for some moments; then it is left alone for a minute, with one line."""
    tries = [records.create_try(2) for _ in range(3)]
    began = time.monotonic()
    assert [launch(of).choose(LADDER) for of in tries] == [0, 0, 0]
    assert time.monotonic() - began < 20
    (sentence,) = events_of(records, tries[0])
    assert sentence == (
        "memory has step 1 of 3 (after='oom'): no earlier try ended so. "
        "How try 1 ended is not known, so it counts no step."
    )
    lines = [record.getMessage() for record in caplog.records if "API server" in record.getMessage()]
    assert len(lines) == 1


def test_a_worker_that_reported_leaves_nothing_to_ask(records, caplog):
    """It counts no kill: a failure of the task's own, in one statement."""
    of = records.create_try(2)
    records.store_xcom(of, USAGE_KEY, ENDED_WELL)
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(records.engine, "before_cursor_execute", note)
    try:
        assert launch(of).find_ended("oom") == []
    finally:
        event.remove(records.engine, "before_cursor_execute", note)
    assert len(statements) == 1
    assert "API server" not in caplog.text


def test_the_first_try_and_steps_of_any_failure_read_little_or_nothing(records):
    """Its number is the step of the default; the first try has no earlier one to ask the server for."""
    of = records.create_try(1)
    earlier = launch(evolve(of, try_number=3))
    assert earlier.choose(Steps("memory", "failure", AMOUNTS)) == 2
    assert "_ends" not in vars(earlier)
    assert launch(of).choose(LADDER) == 0
    assert ended_pods._silent_until == 0
    assert events_of(records, of) == []


def test_two_kinds_of_steps_are_counted_apart_by_one_reading(records):
    """Memory grows with each OOM, and the pod moves after a disruption."""
    of = records.create_try(3)
    record_pod(evolve(of, try_number=1), DRAINED)
    record_pod(evolve(of, try_number=2), OUT_OF_MEMORY)
    assert record_writer.flush(20)
    earlier = launch(of)
    assert [earlier.find_ended(after) for after in ("oom", "disruption")] == [[2], [1]]
    assert earlier.choose(Steps("nodeSelector", "disruption", ({"pool": "spot"}, {}))) == 1
    assert events_of(records, of) == ["nodeSelector has step 2 of 2 (after='disruption'): try 1 ended so."]


def test_a_run_that_is_made_again_counts_the_ends_of_the_former_one(records):
    """A scheduled run has the same id each time; what is deleted with it is not Airflow's event log."""
    of = records.create_try(1)
    record_pod(of, OUT_OF_MEMORY)
    assert record_writer.flush(20)
    for table in (TaskInstance.__table__, DagRun.__table__):
        records.execute(delete(table).where(table.c.run_id == of.run_id))
    again = records.create_try(1, run_id=of.run_id)
    assert launch(again).find_ended("oom") == [1]


def test_a_second_pod_of_a_try_counts_the_first(records):
    """The executor launches it for a pod that ended before its task began, with the same number."""
    of = records.create_try(1)
    assert launch(of).choose(LADDER) == 0
    record_pod(of, OUT_OF_MEMORY)
    assert launch(of).choose(LADDER) == 1
    assert events_of(records, of) == ["memory has step 2 of 3 (after='oom'): try 1 ended so."]


@pytest.mark.parametrize(("code", "count"), [(200, 3), (400, 3), (403, 3), (414, 3), (401, 1), (500, 1)])
def test_a_refusal_for_one_pod_keeps_no_other_from_being_asked_about(
    records, answering, monkeypatch, code, count
):
    """An override may set a namespace that the scheduler may not read, or labels that no selector takes."""
    monkeypatch.setattr(answering, "code", code)
    for _ in range(3):
        assert launch(records.create_try(2)).find_ended("oom") == []
    assert answering.count == count


def test_a_slow_server_gets_a_rest(records, answering, monkeypatch):
    """It may be slow just when many pods are evicted and launched again; the loop goes on meanwhile."""
    monkeypatch.setattr(ended_pods, "_SLOW", 0.1)
    monkeypatch.setattr(answering, "seconds", 0.2)
    for _ in range(3):
        assert launch(records.create_try(2)).find_ended("oom") == []
    assert answering.count == 1
    assert 0 < ended_pods._silent_until - time.monotonic() < 60


def test_the_server_is_asked_once_a_launch(records, answering):
    """An author may write steps for any number of fields; the scheduler waits for each answer."""
    earlier = launch(records.create_try(2))
    for name in ("memory", "cpu", "nvidia.com/gpu"):
        assert earlier.choose(evolve(LADDER, field=name)) == 0
    assert answering.count == 1


def test_a_database_that_fails_costs_a_line_an_hour_and_no_step(records, caplog):
    """A table that is missing, as in an upgrade: the task is launched all the same."""
    tries = [records.create_try(2) for _ in range(2)]
    with records.engine.begin() as connection:
        connection.execute(text("ALTER TABLE log RENAME TO log_away"))
    try:
        assert [launch(of).find_ended("oom") for of in tries] == [[], []]
    finally:
        with records.engine.begin() as connection:
            connection.execute(text("ALTER TABLE log_away RENAME TO log"))
    lines = [record for record in caplog.records if "How earlier tries" in record.getMessage()]
    assert len(lines) == 1


@pytest.mark.parametrize("annotations", [None, {}, {"dag_id": "d", "task_id": "t", "try_number": "many"}])
def test_a_pod_that_names_no_try_has_the_first_step(annotations):
    """An override can replace the annotations by which the executor names the try."""
    earlier = EarlierTries({"metadata": {"annotations": annotations}})  # type: ignore[arg-type]
    assert earlier.choose(LADDER) == 0
