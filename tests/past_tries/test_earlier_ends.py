"""How earlier tries ended, as SQLite and PostgreSQL hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.models.log import Log
from airflow_databases import Records, run_database
from attrs import asdict, evolve
from sqlalchemy import create_engine, event, insert
from sqlalchemy.orm import Session

from airflow_provider_k8sexec.diagnosis.codes import CODES, Stage
from airflow_provider_k8sexec.past_tries.earlier_ends import EarlierEnds, read_ends, select_ends
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.pod.pod_try import PodTry

OUT_OF_MEMORY = "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi')."
DRAINED = "Drained (EvictionByEvictionAPI): it was evicted through the Kubernetes API; set retries=... ."
UNSCHEDULABLE = "Unschedulable: 0/3 nodes are available; request less than memory='64Gi'."


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as url:
        engine = create_engine(url)
        yield Records(engine)
        engine.dispose()


def write_event(records: Records, of: PodTry, *sentences: str | None) -> None:
    """Write rows as the watch of a scheduler does."""
    rows = [{"event": FAILURE_EVENT, "extra": sentence, **asdict(of)} for sentence in sentences]
    records.execute(insert(Log.__table__).values(rows))


def read(records: Records, of: PodTry) -> EarlierEnds:
    """Read what the database holds, and count the statements."""
    statements: list[str] = []

    def count(_: Any, __: Any, statement: str, *___: Any) -> None:
        statements.append(statement)

    event.listen(records.engine, "before_cursor_execute", count)
    try:
        with Session(bind=records.engine) as session:
            found = read_ends(of, session)
    finally:
        event.remove(records.engine, "before_cursor_execute", count)
    assert len(statements) == 1, statements
    return found


def report(oom_kills: int, number: int) -> dict[str, Any]:
    """Give what a worker records of a try."""
    return Usage(try_number=number, memory_peak=2**30, memory_limit=2**30, oom_kills=oom_kills).to_record()


def test_each_try_that_ended_so_counts_once_and_plain_failures_do_not(records):
    """1Gi OOM, 2Gi fails, 2Gi OOM: two tries, in one statement; a disrupted one counts for the other kind."""
    of = records.create_try(5)
    for number, sentence in ((1, UNSCHEDULABLE), (1, OUT_OF_MEMORY), (3, OUT_OF_MEMORY), (4, DRAINED)):
        write_event(records, evolve(of, try_number=number), sentence)
    ends = read(records, of)
    assert ends.find_counted("oom") == [1, 3]
    assert ends.find_counted("disruption") == [4]
    assert [ends.is_known(number, "oom") for number in (1, 2, 3, 4)] == [True, False, True, True]


def test_a_number_that_no_try_has_costs_no_time(records):
    """An override can replace the annotation by which a pod names its try."""
    of = records.create_try(2)
    write_event(records, evolve(of, try_number=1), OUT_OF_MEMORY)
    assert read(records, evolve(of, try_number=10**15)).find_counted("oom") == [1]
    assert EarlierEnds(evolve(of, try_number=10**4000)).find_counted("oom") == []
    assert EarlierEnds(evolve(of, try_number=-1), codes={1: {"OOMKilled"}}).find_counted("oom") == []


def test_rows_of_other_instances_and_other_events_are_not_read(records):
    """Another run, another index of the map, a later try, and an event of another name."""
    of = records.create_try(2, map_index=1)
    for other in (evolve(of, map_index=0), evolve(of, run_id="other"), evolve(of, task_id="other")):
        write_event(records, evolve(other, try_number=1), OUT_OF_MEMORY)
    write_event(records, evolve(of, try_number=3), OUT_OF_MEMORY)
    assert read(records, of).codes == {}


def test_what_is_no_sentence_of_this_package_counts_as_nothing(records):
    """Any process may write a row of that event."""
    of = records.create_try(2)
    odd = (None, "", "OOMKilled", "Exploded: the node; run.", "x" * 100_000)
    write_event(records, evolve(of, try_number=1), *odd)
    assert read(records, of).codes == {}


def test_the_workers_record_shows_a_child_that_was_killed(records):
    """The worker lives, reports the failure and the kill; no pod was killed as a whole."""
    of = records.create_try(2)
    records.store_xcom(of, USAGE_KEY, report(1, 1))
    ends = read(records, of)
    assert ends.killed_within is not None
    assert ends.killed_within.try_number == 1
    assert ends.is_known(1, "oom")
    assert not ends.is_known(1, "disruption")


def test_a_row_decides_before_the_workers_record(records):
    """A node that is drained kills nothing for memory, and a kill before that did not end the try."""
    of = records.create_try(2)
    records.store_xcom(of, USAGE_KEY, report(1, 1))
    write_event(records, evolve(of, try_number=1), DRAINED)
    ends = read(records, of)
    assert ends.killed_within is None
    assert (ends.find_counted("oom"), ends.find_counted("disruption")) == ([], [1])


@pytest.mark.parametrize("stored", ["text", [1], {"try_number": 1}, report(0, 1), report(2, 2), report(2, 0)])
def test_a_record_without_a_kill_of_an_earlier_try_is_no_end(records, stored):
    """Any task may push such an XCom; the record of the try itself is none of an earlier one."""
    of = records.create_try(2)
    records.store_xcom(of, USAGE_KEY, stored)
    assert read(records, of).killed_within is None


def test_a_second_pod_of_a_try_counts_what_ended_the_first(records):
    """A pod that ends before its task begins is launched again for the same try."""
    of = records.create_try(1)
    write_event(records, of, OUT_OF_MEMORY)
    assert read(records, of).find_counted("oom") == [1]


def test_a_launch_that_is_out_of_date_counts_no_end_of_its_own_try(records):
    """The executor can launch a pod for a try that is over, while the next one is queued."""
    last = records.create_try(3)
    of = evolve(last, try_number=2)
    for number in (1, 2):
        write_event(records, evolve(of, try_number=number), OUT_OF_MEMORY)
    ends = read(records, of)
    assert ends.is_outdated
    assert ends.find_counted("oom") == [1]


def test_however_many_rows_there_are_the_latest_are_read(records):
    """What is read is bounded, and a plan of the database finds the rows by an index."""
    of = records.create_try(2)
    write_event(records, evolve(of, try_number=1), OUT_OF_MEMORY, *[UNSCHEDULABLE] * 1100)
    assert read(records, of).codes == {1: {"Unschedulable"}}
    statement = str(select_ends(of).compile(records.engine, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN " if records.is_sqlite else "EXPLAIN "
    with records.engine.connect() as connection:
        rows = connection.exec_driver_sql(explain + statement.replace("%", "%%")).fetchall()
    assert "idx_log" in " ".join(str(row) for row in rows)


def test_every_code_that_counts_is_one_of_a_pod_that_has_ended():
    """A pod that waits or was refused has lost nothing; what counts is decided in one table."""
    counted = {code: entry for code, entry in CODES.items() if entry.counts_for}
    assert {entry.counts_for for entry in counted.values()} == {"oom", "disruption"}
    assert {entry.stage for entry in counted.values()} == {Stage.ENDED}
    assert counted.keys() >= {"OOMKilled", "Preempted", "Drained", "NodeLost", "NodeShutdown"}
    assert not counted.keys() & {"Killed", "Evicted", "NodeAdmission", "DeadlineExceeded"}
