"""What pods requested and used, kept in Airflow's own event log: SQLite and PostgreSQL."""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow_databases import Records, identify, run_database
from attrs import evolve

from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.launch import hourly_log, record_writer
from airflow_provider_k8sexec.launch.usage_events import UsageRecord, read_pod, record_usage
from airflow_provider_k8sexec.past_tries import kept_usage
from airflow_provider_k8sexec.past_tries.kept_usage import (
    USAGE_EVENT,
    KeptUsage,
    add_measured,
    build_row,
    load_kept,
    parse_row,
    select_kept,
)
from airflow_provider_k8sexec.past_tries.usage_history import load_histories, merge_records
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage
from airflow_provider_k8sexec.pod.annotations import HISTORY_ANNOTATION
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterator

GIB = 2**30
NOW = dt.datetime.now(dt.timezone.utc)
TRY = PodTry(**identify("a run", 1))
USAGE = Usage(try_number=1, memory_peak=GIB // 2, memory_limit=GIB, seconds=9.0)
KEPT = KeptUsage(
    of=TRY,
    pod="t-abc",
    ended="OOMKilled",
    was_killed=True,
    seconds=12.0,
    requests={"memory": GIB, "cpu": 0.5, "nvidia.com/gpu": 1},
    limits={"memory": GIB},
    node_selector={"pool": "spot"},
    team="finance",
    queue="team-a",
    namespace="airflow",
    suggested=2 * GIB,
    usage=USAGE,
)


def make_pod(name: str = "t-abc", reason: str = "Completed", **status: Any) -> dict[str, Any]:
    """Make a worker pod that has ended, as the API server gives it."""
    phase = "Succeeded" if reason == "Completed" else "Failed"
    end = {"reason": reason, "startedAt": "2026-11-01T10:00:00Z", "finishedAt": "2026-11-01T10:00:12Z"}
    amounts = {"memory": "1Gi", "cpu": "500m", "nvidia.com/gpu": "1"}
    worker = {"name": "base", "resources": {"requests": amounts, "limits": {"memory": "1Gi"}}}
    labels = {"team": "finance", "kueue.x-k8s.io/queue-name": "team-a"}
    return {
        "metadata": {"name": name, "namespace": "airflow", "labels": labels},
        "spec": {"containers": [worker], "nodeSelector": {"pool": "spot"}},
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "base", "state": {"terminated": end}}],
            **status,
        },
    }


def row_of(extra: object, **changed: object) -> SimpleNamespace:
    """Make a row of the event log."""
    columns = {**identify("a run", 1), "dttm": None, **changed}
    return SimpleNamespace(**columns, extra=extra if isinstance(extra, str) else json.dumps(extra))


def test_a_row_says_all_that_is_kept():
    """What is written is read back, and is short enough for a row each pod."""
    assert parse_row(row_of(build_row(KEPT))) == KEPT
    assert len(build_row(KEPT)) < 800
    bare = KeptUsage(of=TRY, pod="t-abc")
    assert build_row(bare) == '{"pod": "t-abc", "ended": "Succeeded"}'
    assert parse_row(row_of(build_row(bare))) == bare


def test_the_documentation_shows_a_row():
    """The page's second record is one that is written as it is read."""
    page = (Path(__file__).parents[2] / "docs/explanation/usage.md").read_text(encoding="utf-8")
    _, shown = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert json.loads(build_row(parse_row(row_of(shown)))) == json.loads(shown)
    assert f"`{USAGE_EVENT}`" in page


@pytest.mark.parametrize(
    "extra",
    [
        "",
        "x" * 20_000,
        "[1]",
        "[" * 10_000,
        {"pod": 1},
        {"pod": "x" * 300},
        {"seconds": -1},
        {"seconds": "1"},
        {"limits": {"memory": True}},
        {"limits": {"memory": float("nan")}},
        {"limits": []},
        {"requests": {str(number): 1 for number in range(60)}},
        {"node_selector": {"pool": 1}},
        {"usage": []},
        {"usage": {"try_number": 1}},
    ],
)
def test_a_row_of_another_hand_is_refused(extra):
    """Any process with the database may write rows of this event."""
    with pytest.raises(RecordError, match=r"\w"):
        parse_row(row_of(extra))


def test_a_measured_peak_is_within_the_limit_of_its_container():
    """An author may write any number into the XCom, and metrics of the whole site add it up."""
    kept = add_measured(KeptUsage(of=TRY, pod="t", limits={"memory": GIB}), evolve(USAGE, memory_peak=2**62))
    assert (kept.memory_peak, kept.usage.memory_peak) == (GIB, GIB)
    assert add_measured(KeptUsage(of=TRY, pod="t", limits={"memory": GIB}), USAGE).usage == USAGE
    assert add_measured(KeptUsage(of=TRY, pod="t"), USAGE).usage == USAGE


def test_what_a_row_of_another_hand_names_is_not_repeated():
    """The reason is shown in a terminal, and counted: it is one of a few."""
    with pytest.raises(RecordError, match=r"^a label is not a string of at most 253 characters$"):
        parse_row(row_of({"node_selector": {"\x1b[2J": 1}}))


def test_a_row_that_names_no_try_is_refused():
    """Airflow's own rows may have no run and no index."""
    with pytest.raises(RecordError, match="names no try"):
        parse_row(row_of(build_row(KEPT), run_id=None))


def test_a_pod_is_read_as_it_was_launched():
    """Amounts in base units, whoever set them, and how long the worker ran."""
    kept = read_pod(TRY, make_pod(), "", "")
    assert kept == evolve(KEPT, ended="Succeeded", was_killed=False, usage=None, suggested=None)
    assert (kept.devices, kept.memory_requested, kept.memory_peak) == ({"nvidia.com/gpu": 1}, GIB, None)


def test_what_no_history_can_have_suggested_is_not_kept():
    """A template or an override can annotate any number, and the row has to stay readable."""
    pod = make_pod()
    suggestion = {"memory": {"suggested": 2**63}}
    pod["metadata"]["annotations"] = {HISTORY_ANNOTATION: json.dumps(suggestion)}
    kept = read_pod(TRY, pod, "", "")
    assert kept is not None
    assert kept.suggested is None


def test_a_pod_that_was_killed_for_its_memory_counts_at_its_limit():
    """Its worker could measure nothing, and it needed at least that."""
    kept = read_pod(TRY, make_pod(reason="OOMKilled"), "OOMKilled", "airflows-own")
    assert (kept.was_killed, kept.memory_peak, kept.ended, kept.team) == (
        *(True, GIB, "OOMKilled"),
        "airflows-own",
    )


def test_the_team_is_in_the_label_that_the_site_names(configure):
    """A site that has such a label already need not change its pods."""
    pod = make_pod()
    pod["metadata"]["labels"]["acme.com/unit"] = "risk"
    configure(prices='{"team_label": "acme.com/unit"}')
    assert read_pod(TRY, pod, "", "").team == "risk"
    configure(prices='{"team_lable": "acme.com/unit"}')  # has a mistake, which `k8sexec doctor` shows
    assert read_pod(TRY, pod, "", "").team == "finance"


def test_a_sidecar_that_ran_out_of_memory_says_nothing_of_the_worker():
    """The sample is the worker's; the failure's code alone does not name the container."""
    assert not read_pod(TRY, make_pod(reason="Error"), "OOMKilled", "").was_killed


@pytest.mark.parametrize("statuses", [[], [{"name": "base", "state": {"waiting": {}}}], None])
def test_a_pod_whose_worker_did_not_run_is_not_kept(statuses):
    """It has used nothing."""
    assert read_pod(TRY, make_pod(containerStatuses=statuses), "ImagePull", "") is None


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def records(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """Give the database, with which this process is Airflow's."""
    from airflow import settings
    from sqlalchemy import create_engine

    engine = create_engine(url)
    monkeypatch.setattr(settings, "engine", engine)
    record_writer._writers.clear()
    hourly_log._last.clear()
    yield Records(engine)
    assert record_writer.flush(30)
    record_writer._writers.clear()
    engine.dispose()


def load(records: Records, of: PodTry, last: int = 200) -> list[KeptUsage]:
    """Load what is kept of a task."""
    with records.engine.connect() as connection:
        return load_kept(connection, of.dag_id, of.task_id, last)


def test_what_the_worker_measured_is_kept_with_its_pod(records):
    """The XCom of the try, if it is there and of this try; a killed process counts as the worker does."""
    tries = [records.create_try(task_id="measured", map_index=index) for index in range(4)]
    killed = evolve(USAGE, oom_kills=1)
    for of, usage in zip(tries, [USAGE, killed, evolve(USAGE, try_number=2)], strict=False):
        records.store_xcom(of, USAGE_KEY, usage.to_record())
    for of in tries:
        record_usage(of, make_pod(), "")
        assert record_writer.flush(60)
    kept = load(records, tries[0])
    assert [(it.of, it.usage, it.was_killed) for it in kept] == [
        (tries[0], USAGE, False),
        (tries[1], killed, True),
        (tries[2], None, False),
        (tries[3], None, False),
    ]


@pytest.mark.parametrize(
    ("state", "ended"), [("up_for_retry", "Failed"), ("failed", "Failed"), ("success", "Succeeded")]
)
def test_a_pod_of_a_failed_task_has_failed_though_its_worker_ended_well(records, state, ended):
    """Airflow 3's worker reports the error and ends with 0; of an earlier try, its own state counts."""
    first = records.create_try(task_id=f"task_{state}")
    records.execute(
        "UPDATE task_instance SET state = :state WHERE run_id = :run", state=state, run=first.run_id
    )
    records.retry(first, queued_by=9)
    records.execute(
        "UPDATE task_instance SET state = NULL WHERE run_id = :run AND try_number = 2", run=first.run_id
    )
    record_usage(first, make_pod(), "")
    assert record_writer.flush(60)
    assert [it.ended for it in load(records, first)] == [ended]


def test_a_pod_is_kept_once_whichever_scheduler_sees_it(records):
    """While pods are adopted, two see one end; a rescheduled sensor's pods are of one try."""
    of = records.create_try(task_id="once")
    foreign = evolve(of, run_id="another installation's")
    schedulers = [record_writer.Writer() for _ in range(3)]
    together = threading.Barrier(len(schedulers))

    def see(scheduler: record_writer.Writer) -> None:
        together.wait()
        for name in ("t-abc", "t-abcd"):
            scheduler.add(UsageRecord(of, read_pod(of, make_pod(name), "", "")))
            scheduler.add(UsageRecord(foreign, read_pod(foreign, make_pod(name), "", "")))

    threads = [threading.Thread(target=see, args=[scheduler]) for scheduler in schedulers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(scheduler.flush(60) for scheduler in schedulers)
    assert sorted((it.of, it.pod) for it in load(records, of)) == [(of, "t-abc"), (of, "t-abcd")]


def test_the_latest_runs_are_read(records):
    """The last 200 by default, the oldest first; a row of another hand costs no other."""
    tries = [records.create_try(task_id="often") for _ in range(5)]
    for of in tries:
        record_usage(of, make_pod(), "")
        assert record_writer.flush(60)
    values = {**identify("x", 1), "task_id": "often", "event": USAGE_EVENT}
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    records.execute(f"INSERT INTO log ({names}, extra) VALUES ({marks}, 'no JSON')", **values)  # noqa: S608
    assert [it.of for it in load(records, tries[0], 3)] == tries[2:]
    assert len(load(records, tries[0])) == 5


def test_rows_without_a_run_hide_none_of_a_run(records, monkeypatch):
    """A worker of Airflow 2.11 writes such a row at each try, which PostgreSQL sorts above all run ids."""
    monkeypatch.setattr(kept_usage, "MOST_SCANNED", 5)
    of = records.create_try(task_id="crowded")
    record_usage(of, make_pod(), "")
    assert record_writer.flush(60)
    insert = "INSERT INTO log (dag_id, task_id, event) VALUES (:dag_id, 'crowded', 'cli_task_run')"
    for _ in range(6):
        records.execute(insert, dag_id=of.dag_id)
    assert [it.of for it in load(records, of)] == [of]


def test_a_failure_is_written_before_what_pods_used(records):
    """The next try's launch may need it; a thousand pods that end at once must not delay it."""
    writer = record_writer.Writer()
    order: list[str] = []

    class Noted(record_writer.Record):
        key = property(id)

        def write(self, _: object) -> None:
            order.append(type(self).__name__)

    class Late(Noted):
        is_urgent = False

    first = records.create_try()
    blocker = Noted(first)
    held = threading.Event()
    blocker.write = lambda _: held.wait(30)  # type: ignore[method-assign]
    for record in (blocker, Late(first), Late(first), Noted(first)):
        writer.add(record)
    held.set()
    assert writer.flush(60)
    assert order == ["Noted", "Late", "Late"]


def test_the_query_reads_by_an_index_and_a_bounded_number_of_rows(records):
    """The scheduler waits for it, and the event log may have millions of rows."""
    from sqlalchemy import text

    fill = (
        "INSERT INTO log (dag_id, task_id, run_id, map_index, try_number, event) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "SELECT 'd' || (i % 20), 't' || (i % 7), 'r' || i, -1, 1, 'running' FROM n"
    )
    records.execute(fill)
    task = {"dag_id": "d3", "task_id": "t5"}
    for identity in (task, {**task, "run_id": "r1", "map_index": -1}):
        written = select_kept(identity).compile(records.engine, compile_kwargs={"literal_binds": True})
        with records.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
            explain = "EXPLAIN QUERY PLAN" if records.is_sqlite else "EXPLAIN"
            plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {written}"))
        assert "idx_log_task_instance" in plan
        assert "LIMIT 10000" in str(written).upper()


def test_rows_and_xcoms_give_each_try_once(records, monkeypatch):
    """`k8sexec usage` reads what is kept, and the XComs of tries from before rows were written."""
    from airflow.utils import session as airflow_session
    from sqlalchemy.orm import sessionmaker

    monkeypatch.setattr(airflow_session.settings, "Session", sessionmaker(bind=records.engine))
    before, both, killed = (records.create_try(task_id="merged") for _ in range(3))
    for of in (before, both):
        records.store_xcom(of, USAGE_KEY, evolve(USAGE, memory_request=GIB).to_record())
    record_usage(both, make_pod(), "")
    record_usage(killed, make_pod(reason="OOMKilled"), "OOMKilled")
    assert record_writer.flush(60)
    (history,) = load_histories(30, both.dag_id, "merged")
    assert [(it.of, it.memory_requested, it.memory_peak, it.was_killed) for it in history.kept] == [
        (before, GIB, GIB // 2, False),
        (both, GIB, GIB // 2, False),
        (killed, GIB, GIB, True),
    ]
    assert (len(history.usages), history.runs) == (2, 2)
    (latest,) = load_histories(2, both.dag_id, "merged")
    assert [it.of for it in latest.kept] == [both, killed]


def test_a_measured_usage_completes_a_row_that_has_none():
    """The row was written while the XCom could not be read; of several pods, the last one measured."""
    row, xcom = evolve(KEPT, usage=None, at=NOW), evolve(KEPT, pod="", at=NOW)
    assert merge_records([row, evolve(row, pod="t-def")], [xcom]) == [
        row,
        evolve(row, pod="t-def", usage=USAGE),
    ]
