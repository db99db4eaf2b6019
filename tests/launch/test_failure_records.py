"""The records of what is wrong with pods, in Airflow's own database: SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from airflow_databases import Records, identify, run_database
from attrs import asdict, evolve

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.diagnosis import Diagnosis
from airflow_provider_k8sexec.launch import failure_events as failures
from airflow_provider_k8sexec.launch import hourly_log
from airflow_provider_k8sexec.launch import record_writer as writing
from airflow_provider_k8sexec.launch.failure_events import record_pod, record_refusal
from airflow_provider_k8sexec.past_tries.failures import load_failure
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterator

JOB = 7
NUMBERS = itertools.count()
OUT_OF_MEMORY = Diagnosis("OOMKilled", "memory='1Gi' was exceeded", "try memory=per_try('1Gi', '2Gi')")
UNSCHEDULABLE = Diagnosis("Unschedulable", "no node fits", "ask for less")
QUOTA = {"code": 403, "message": 'pods "x" is forbidden: no room'}
REFUSAL = f"finished with state failed. Extra info: (403)\nHTTP response body: {json.dumps(QUOTA)}\n"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def records(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """Give the database, with which this process is Airflow's, and whose writer pauses for moments only."""
    from airflow import settings
    from sqlalchemy import create_engine

    connect_args = {"timeout": 0.5} if url.startswith("sqlite") else {}
    engine = create_engine(url, connect_args=connect_args)
    monkeypatch.setattr(settings, "engine", engine)
    monkeypatch.setattr(writing, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(writing, "ATTEMPTS", 1000)
    restart()
    hourly_log._last.clear()
    yield Records(engine)
    assert writing.flush(30)
    restart()
    engine.dispose()


def restart() -> None:
    """Forget what this process has recorded, as another scheduler has not known it."""
    writing._writers.clear()


def test_a_reason_is_recorded_once_a_try_whoever_finds_it(records):
    """A scheduler that starts looks into the event log; another reason, or try, is another record."""
    first, second = records.create_try(), records.create_try(2)
    for _ in range(3):
        record_pod(first, OUT_OF_MEMORY)
        record_pod(first, UNSCHEDULABLE)
        record_pod(second, OUT_OF_MEMORY)
        assert writing.flush(60)
        restart()
    assert records.read(first) == [str(OUT_OF_MEMORY), str(UNSCHEDULABLE)]
    assert records.read(second) == [str(OUT_OF_MEMORY)]


def test_schedulers_that_find_a_reason_at_the_same_time_record_it_once(records):
    """While a pod is adopted, the old scheduler and the new one may both see it fail."""
    tries = [records.create_try() for _ in range(40)]
    schedulers = [writing.Writer() for _ in range(4)]
    for of in tries:
        together = threading.Barrier(len(schedulers))

        def find(scheduler, of=of, together=together):
            together.wait()
            scheduler.add(failures.FailureRecord(of, OUT_OF_MEMORY))

        threads = [threading.Thread(target=find, args=[scheduler]) for scheduler in schedulers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(scheduler.flush(60) for scheduler in schedulers)
    assert [records.read(of) for of in tries] == [[str(OUT_OF_MEMORY)]] * len(tries)


def test_a_try_of_another_installation_is_not_recorded(records):
    """Two installations may share a namespace: who has no such try has not launched its pod."""
    own = records.create_try(2)
    others = [PodTry(**identify("another run", 1)), PodTry(**identify(own.run_id, 3))]
    for of in [*others, own]:
        record_pod(of, OUT_OF_MEMORY)
    assert writing.flush(60)
    assert [records.read(of) for of in others] == [[], []]
    assert records.read(own) == [str(OUT_OF_MEMORY)]


def test_a_pod_of_an_earlier_scheduler_is_recorded_if_that_scheduler_queued_the_try(records):
    """Of pods that nobody looks after, two installations with the same runs have theirs by another job."""
    waits, retried, foreign = records.create_try(), records.create_try(), records.create_try(queued_by=8)
    records.retry(retried, queued_by=9)
    for of in (waits, retried, foreign):
        record_pod(of, OUT_OF_MEMORY, queued_by=JOB)
    assert writing.flush(60)
    assert [records.read(of) for of in (waits, retried, foreign)] == [[str(OUT_OF_MEMORY)]] * 2 + [[]]


def test_a_record_for_a_job_that_no_longer_has_the_try_hides_no_other(records):
    """An executor that adopts a pod becomes the one that queued its try, while the watch still looks back."""
    of = records.create_try(queued_by=8)
    record_pod(of, OUT_OF_MEMORY, queued_by=JOB)
    record_pod(of, OUT_OF_MEMORY)
    assert writing.flush(60)
    assert records.read(of) == [str(OUT_OF_MEMORY)]


def test_a_mapped_instance_has_its_own_records(records):
    """The indexes of a mapped task are tries of their own."""
    tries = [records.create_try(map_index=index) for index in (0, 1)]
    record_pod(tries[1], OUT_OF_MEMORY)
    assert writing.flush(60)
    assert [len(records.read(of)) for of in tries] == [0, 1]


def test_a_database_that_refuses_writes_costs_a_line_an_hour_and_no_record(records, caplog):
    """What could not be written is written when that is over."""
    tries = [records.create_try() for _ in range(5)]
    allow = records.refuse_writes()
    try:
        for of in tries:
            record_pod(of, OUT_OF_MEMORY)
        assert not writing.flush(2)
    finally:
        allow()
    assert writing.flush(30)
    assert [records.read(of) for of in tries] == [[str(OUT_OF_MEMORY)]] * len(tries)
    said = [line.getMessage() for line in caplog.records if "could not be recorded" in line.getMessage()]
    assert len(said) == 1
    assert "\n" not in said[0]


def test_a_record_that_cannot_be_written_is_given_up_and_costs_no_other(records, monkeypatch):
    """It is tried a bounded number of times, in between the others, and may be found anew later."""
    monkeypatch.setattr(writing, "ATTEMPTS", 3)
    unwritable, well = PodTry(**identify("half of a pair: \ud800", 1)), records.create_try()
    record_pod(unwritable, OUT_OF_MEMORY)
    record_pod(well, OUT_OF_MEMORY)
    assert writing.flush(60)
    assert records.read(well) == [str(OUT_OF_MEMORY)]
    assert list(writing._writer()._known) == [(well, "OOMKilled", None)]


def test_records_that_no_database_takes_keep_no_other_waiting(records, monkeypatch):
    """They are given up at once: with a pause for each, a few of them would stop the records of all tasks."""
    monkeypatch.setattr(writing, "LONGEST_PAUSE", 300)
    texts = ("\ud800", "\0", *(f"number {number}" for number in range(20)))
    for text in texts:
        record_pod(PodTry(**identify(text, 2**80)), OUT_OF_MEMORY)
    well = records.create_try()
    record_pod(well, OUT_OF_MEMORY)
    assert writing.flush(10)
    assert records.read(well) == [str(OUT_OF_MEMORY)]
    assert len(writing._writer()._known) == 1


def test_what_a_container_runtime_writes_is_written_in_any_letters(records):
    """PostgreSQL takes neither NUL nor half of a surrogate pair, and a message may have either."""
    of = records.create_try()
    record_pod(of, Diagnosis("StartError", "exec: \x00 \ud800 ü", "name another image"))
    assert writing.flush(60)
    assert records.read(of) == ["StartError: exec: ü; name another image."]


def test_records_that_wait_are_bounded(records, monkeypatch, caplog):
    """Where nothing can be written, no more is kept than a process can bear, and one line says so."""
    monkeypatch.setattr(writing, "_MOST_WAITING", 10)
    tries = [records.create_try() for _ in range(20)]
    allow = records.refuse_writes()
    try:
        for of in tries:
            record_pod(of, OUT_OF_MEMORY)
        assert len(writing._writer()._urgent) <= 10
    finally:
        allow()
    assert writing.flush(30)
    assert 10 <= sum(len(records.read(of)) for of in tries) <= 11
    assert caplog.text.count("Too many records of pods wait to be written") == 1


def test_a_process_without_threads_to_spare_writes_later(records, monkeypatch, caplog):
    """A thread that cannot start costs a log line; whatever waits is written once one can."""
    start, starts = threading.Thread.start, itertools.count()

    def fail_once(self):
        if self.name == "k8sexec-records" and next(starts) == 0:
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, "start", fail_once)
    restart()
    of, other = records.create_try(), records.create_try()
    record_pod(of, OUT_OF_MEMORY)
    assert "can't start new thread" in caplog.text
    record_pod(other, OUT_OF_MEMORY)
    assert writing.flush(20)
    assert [len(records.read(it)) for it in (of, other)] == [1, 1]


def test_known_records_are_bounded(records, monkeypatch):
    """A scheduler that lives for months keeps the last ones alone; the event log has the others."""
    monkeypatch.setattr(writing, "_MOST_KNOWN", 3)
    tries = [records.create_try() for _ in range(5)]
    for of in tries * 2:
        record_pod(of, OUT_OF_MEMORY)
        assert writing.flush(60)
    assert len(writing._writer()._known) == 3
    assert [len(records.read(of)) for of in tries] == [1] * 5


class Refused:
    """A task instance whose pod was refused."""

    def __init__(self, of: PodTry) -> None:
        for name in PodTry.__annotations__:
            setattr(self, name, getattr(of, name))


def test_a_refusal_is_recorded_while_airflow_is_in_a_transaction(records):
    """Airflow reports a failure within its own transaction; the record waits for that, not the reverse."""
    of = records.create_try()
    with records.engine.begin() as connection:
        from sqlalchemy import text

        connection.execute(text("UPDATE task_instance SET state = 'failed'"))
        began = time.monotonic()
        record_refusal(Refused(of), REFUSAL)
        assert time.monotonic() - began < 5
    assert writing.flush(60)
    assert [text.partition(":")[0] for text in records.read(of)] == ["Forbidden"]


def test_a_refusal_never_raises(caplog):
    """Not even where the task instance is none."""
    record_refusal(object(), REFUSAL)
    assert "could not be recorded" in caplog.text


def test_a_refusal_in_a_child_of_multiprocessing_is_recorded_before_that_ends(records, monkeypatch):
    """Airflow 2's dag-processor runs callbacks in such children, and reports failures there."""
    monkeypatch.setattr(writing, "SECONDS_AT_EXIT", 60)  # a busy machine writes late
    of, before = records.create_try(), records.create_try()
    record_pod(before, OUT_OF_MEMORY)  # the parent has a thread and a lock that the child can not use
    assert writing.flush(60)
    child = multiprocessing.get_context("fork").Process(target=record_refusal, args=[Refused(of), REFUSAL])
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert len(records.read(of)) == 1


def test_nothing_is_open_once_everything_is_written(records, monkeypatch):
    """A process that forks while its writer closes a connection leaves the child a lock that nobody frees."""
    from sqlalchemy.engine import Engine

    closed, dispose = [], Engine.dispose

    def close_late(engine):
        time.sleep(0.2)
        dispose(engine)
        closed.append(engine)

    monkeypatch.setattr(Engine, "dispose", close_late)
    record_pod(records.create_try(), OUT_OF_MEMORY)
    assert writing.flush(60)
    assert len(closed) == 1


def test_a_database_that_does_not_answer_keeps_no_process_from_ending(url, tmp_path):
    """Airflow's components end when they are asked to, whatever waits to be written."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        silent_url = f"postgresql+psycopg2://airflow@127.0.0.1:{port}/postgres"
        conn = silent_url if url.startswith("postgresql") else f"sqlite:///{tmp_path}/locked.db"
        program = (
            "import sqlite3\n"
            "from airflow_provider_k8sexec.launch import failure_events as failures\n"
            "from airflow_provider_k8sexec.diagnosis import Diagnosis\n"
            "from airflow_provider_k8sexec.pod.pod_try import PodTry\n"
            f"held = sqlite3.connect({str(tmp_path / 'locked.db')!r}); held.execute('BEGIN EXCLUSIVE')\n"
            "of = PodTry('d', 't', 'r', -1, 1)\n"
            "failures.record_pod(of, Diagnosis('OOMKilled', 'c', 'r'))\n"
            "print('asked to end', flush=True)\n"
        )
        environ = {
            **os.environ,
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": conn,
            "PYTHONWARNINGS": "ignore",
        }
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", program], env=environ, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "asked to end\n"
        began = time.monotonic()
        process.wait(30)
        process.stdout.close()
    assert process.returncode == 0
    assert time.monotonic() - began < 28


def test_the_records_of_usage_are_read(records):
    """`k8sexec usage` asks with windows over the runs, and reads the values as the database holds them."""
    from airflow_provider_k8sexec.past_tries.usage_history import _select_records, read_records

    task = f"uses_{next(NUMBERS)}"
    usage = Usage(try_number=1, memory_peak=2**20, seconds=1.0)
    for value in (usage.to_record(), {"bad": 1}, usage.to_record()):
        records.store_xcom(records.create_try(task_id=task), USAGE_KEY, value)
    rows = records.execute(_select_records(2, "d", task))
    read, skipped = read_records(rows)
    assert [found for _, found in read] == [usage]
    assert skipped.total() == 1


def test_only_the_last_try_of_a_run_counts(records):
    """Airflow 3.4 keeps the XComs of earlier tries; before, the next try starts without them."""
    from airflow_provider_k8sexec.past_tries.usage_history import _select_records, read_records

    first = records.create_try(task_id=f"retried_{next(NUMBERS)}")
    for number in (1, 2):
        usage = Usage(try_number=number, memory_peak=number * 2**20, seconds=1.0)
        records.store_xcom(first, USAGE_KEY, usage.to_record())
        if number == 1:
            records.retry(first, queued_by=9)
    read, skipped = read_records(records.execute(_select_records(2, "d", first.task_id)))
    assert ([found.try_number for _, found in read], skipped.total()) == ([2], 0)


def test_the_tries_of_a_task_instance_are_told_apart(records):
    """The last one, and those before, wherever this Airflow keeps them."""
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    first = records.create_try(map_index=3)
    records.retry(first, queued_by=9)
    records.retry(evolve(first, try_number=2), queued_by=10)
    identity = {name: value for name, value in asdict(first).items() if name != "try_number"}
    with Session(records.engine) as session:
        earlier = session.scalars(_compat.select_earlier_tries(identity)).all()
        (last,) = session.scalars(select(TaskInstance).where(*_compat.match_last_try(identity)))
        assert sorted((row.try_number, row.map_index) for row in earlier) == [(1, 3), (2, 3)]
        assert (last.try_number, last.map_index, last.queued_by_job_id) == (3, 3, 10)


def test_why_an_earlier_try_failed_is_not_said_of_the_next(records):
    """A record that comes late is for people alone: programs ask about the last try."""
    first = records.create_try()
    records.retry(first, queued_by=9)
    second = evolve(first, try_number=2)
    record(second, DRAINED)
    record(first, OUT_OF_MEMORY)
    assert (load_failure(first), load_failure(second)) == (None, DRAINED)
    assert len(records.read(first)) == 1


def test_the_last_record_of_a_try_is_read(records):
    """It is the last one, and of the very try: who reads of past tries finds what the scheduler wrote."""
    from sqlalchemy.orm import Session

    from airflow_provider_k8sexec.past_tries.failures import read_failure

    of = records.create_try()
    for diagnosis in (OUT_OF_MEMORY, UNSCHEDULABLE):
        record_pod(of, diagnosis)
    assert writing.flush(60)
    with Session(records.engine) as session:
        assert read_failure(of, session) == str(UNSCHEDULABLE)
        assert read_failure(evolve(of, try_number=2), session) == ""


DRAINED = Diagnosis("Drained", "it was evicted", "set retries=...", "EvictionByEvictionAPI", "node-1")


def set_state(records, of, state, number=None):
    """Let a task instance have gone on."""
    records.execute(
        "UPDATE task_instance SET state = :state, try_number = :number WHERE run_id = :run",
        state=state,
        number=number or of.try_number,
        run=of.run_id,
    )


def record(of, *diagnoses):
    """Record what is wrong with a try, one after the other, as another scheduler that has not known it."""
    for diagnosis in diagnoses:
        record_pod(of, diagnosis)
    assert writing.flush(60)
    restart()


def test_a_program_reads_the_last_failure_of_a_try(records):
    """In its parts, with the node: of a mapped instance, its own, however often it is recorded."""
    tries = [records.create_try(map_index=index) for index in (0, 1)]
    record(tries[1], UNSCHEDULABLE, DRAINED)
    record(tries[1], DRAINED)
    assert [load_failure(of) for of in tries] == [None, DRAINED]


@pytest.mark.parametrize(
    ("state", "number", "diagnosis", "is_kept"),
    [
        ("queued", 1, UNSCHEDULABLE, True),
        ("running", 1, UNSCHEDULABLE, False),
        ("failed", 1, UNSCHEDULABLE, False),
        ("running", 1, DRAINED, True),
        ("up_for_retry", 1, DRAINED, True),
        ("failed", 1, DRAINED, True),
        (None, 1, DRAINED, True),
        ("success", 1, DRAINED, False),
        ("queued", 2, DRAINED, False),
    ],
)
def test_what_is_no_longer_true_is_not_recorded_for_programs(records, state, number, diagnosis, is_kept):
    """A pod that waited and then started has not failed for that, and the next try has not failed yet."""
    of = records.create_try()
    set_state(records, of, state, number)
    record(of, diagnosis)
    assert (load_failure(of) is not None) == is_kept
    assert records.read(of) == [str(diagnosis)]


def test_a_failure_that_cannot_be_recorded_for_programs_is_in_the_event_log(records, monkeypatch):
    """People read it all the same, and once."""
    monkeypatch.setattr(writing, "ATTEMPTS", 2)
    monkeypatch.setattr(failures, "_replace_xcom", lambda _: 1 / 0)
    of = records.create_try()
    record(of, DRAINED)
    assert records.read(of) == [str(DRAINED)]
    assert load_failure(of) is None
