"""Memory from history as a pod is launched, on Airflow's own database: SQLite and PostgreSQL."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow_databases import Records, run_database
from attrs import asdict, evolve
from executor_pods import construct_pod

from airflow_provider_k8sexec import auto, k8s_config
from airflow_provider_k8sexec.launch import earlier_tries, hourly_log, record_writer
from airflow_provider_k8sexec.launch import history as sizing
from airflow_provider_k8sexec.launch import hook as launch
from airflow_provider_k8sexec.launch.hook import begin_launch, end_launch
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.past_tries.kept_usage import USAGE_EVENT, KeptUsage, build_row
from airflow_provider_k8sexec.past_tries.usage_record import Usage
from airflow_provider_k8sexec.pod.annotations import HISTORY_ANNOTATION, PER_TRY_ANNOTATION
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB, GIB = 2**20, 2**30
TEMPLATE = {"spec": {"containers": [{"name": "base", "image": "of-the-template"}]}}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give a database with Airflow's schema."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture
def records(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    """Give the database, with which this process is a scheduler that has launched nothing yet."""
    from airflow import settings
    from sqlalchemy import create_engine

    engine = create_engine(url)
    monkeypatch.setattr(settings, "engine", engine)
    monkeypatch.setattr(launch, "_logged", Recent(100))
    sizing._load_for_a_while.cache_clear()
    record_writer._writers.clear()
    hourly_log._last.clear()
    yield Records(engine)
    assert record_writer.flush(30)
    record_writer._writers.clear()
    engine.dispose()


def keep(records: Records, of: PodTry, peak: int, *, limit: int = 16 * GIB, was_killed: bool = False) -> None:
    """Keep what one pod of a try used, as the scheduler does."""
    usage = Usage(try_number=of.try_number, memory_peak=peak, memory_limit=limit, seconds=60.0)
    kept = KeptUsage(
        of=of,
        pod=f"{of.task_id}-{of.run_id}-{of.try_number}",
        ended="OOMKilled" if was_killed else "Succeeded",
        was_killed=was_killed,
        limits={"memory": limit},
        usage=None if was_killed else usage,
    )
    write_row(records, kept)


def write_row(records: Records, kept: KeptUsage) -> None:
    """Write a row of the event log."""
    insert(records, kept.of, USAGE_EVENT, build_row(kept))


def insert(records: Records, of: PodTry, event: str, extra: str) -> None:
    """Insert a row into the event log."""
    row = {**asdict(of), "event": event, "extra": extra}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    records.execute(f"INSERT INTO log ({names}) VALUES ({values})", **row)  # noqa: S608


def keep_runs(records: Records, task: str, *peaks: int) -> None:
    """Keep a run with each of the peaks."""
    for number, peak in enumerate(peaks):
        keep(records, _try(task, f"run {number}"), peak)


def _try(task: str, run: str) -> PodTry:
    return PodTry("d", task, run, -1, 1)


def launched(of: PodTry, memory: object, *hooks: Any) -> tuple[str, dict[str, Any]]:
    """Launch the pod of a try as the executor does; give its memory, and what is annotated of history."""
    pod = construct_pod(
        PodGenerator.from_obj(k8s_config(memory=memory)),
        build_v1_pod(TEMPLATE),
        **{**asdict(of), "map_index": of.map_index},
    )
    begun = begin_launch(pod)
    for hook in hooks:
        hook(pod)
    end_launch(pod, begun)
    resources = pod.spec.containers[0].resources
    assert resources.requests == resources.limits
    return resources.limits["memory"], json.loads(pod.metadata.annotations.get(HISTORY_ANNOTATION, "{}"))


def test_a_pod_requests_what_earlier_runs_needed(records, caplog):
    """After ten runs: enough for nearly all of them, and the annotation gives the reasons."""
    caplog.set_level("INFO", launch.__name__)
    keep_runs(records, "steady", *(700 * MIB + number * MIB for number in range(12)))
    memory, why = launched(_try("steady", "now"), auto("4Gi", up_to="16Gi"))
    amount = int(memory.removesuffix("Mi"))
    assert 711 <= amount <= 900
    assert why["memory"]["suggested"] == amount * MIB
    assert (why["memory"]["applied"], why["memory"]["tries"]) == (True, 12)
    assert why["memory"]["confidence"] > 0.5
    assert f"'steady' of DAG 'd': memory is {memory}, from what earlier runs used" in caplog.text


def test_below_ten_runs_it_is_the_start_and_twice_as_much_after_an_oom(records):
    """The doubling that the author has written; nine runs are no history."""
    keep_runs(records, "new", *[700 * MIB] * 9)
    of = records.create_try(task_id="new")
    assert launched(of, auto("4Gi", up_to="16Gi")) == ("4Gi", {"memory": {"tries": 9}})
    records.retry(of, queued_by=9)
    fail_of_memory(records, of)
    assert launched(evolve(of, try_number=2), auto("4Gi", up_to="16Gi"))[0] == "8Gi"


def test_below_ten_runs_it_starts_with_the_first_doubling_that_was_enough_for_all(records):
    """A task that is known to need more than its start does not begin with an OOM."""
    keep_runs(records, "raised", 700 * MIB, 3 * GIB, GIB)
    assert launched(_try("raised", "now"), auto("1Gi", up_to="16Gi"))[0] == "4096Mi"
    assert launched(_try("raised", "now"), auto("1Gi", up_to="2Gi"))[0] == "2048Mi"


def fail_of_memory(records: Records, of: PodTry) -> None:
    """Record that the pod of a try was killed for its memory, as the watch does."""
    insert(records, of, FAILURE_EVENT, "OOMKilled: memory was exceeded; request more.")


def test_a_try_after_one_that_was_killed_has_more_than_that_had(records):
    """Whatever the history suggests by then, and at once, though it was read a moment before."""
    keep_runs(records, "killed", *[700 * MIB] * 12)
    of = records.create_try(task_id="killed")
    first, _ = launched(of, auto("1Gi", up_to="16Gi"))
    killed_at = int(first.removesuffix("Mi")) * MIB
    fail_of_memory(records, of)
    keep(records, of, killed_at, limit=killed_at, was_killed=True)
    records.retry(of, queued_by=9)
    second, _ = launched(evolve(of, try_number=2), auto("1Gi", up_to="16Gi"))
    assert int(second.removesuffix("Mi")) * MIB > killed_at


def test_a_kept_try_that_was_killed_before_there_is_a_history_is_doubled_once(records):
    """Its record raises the start of all, and its own next step is twice what it had, not four times."""
    of = records.create_try(task_id="doubled")
    fail_of_memory(records, of)
    keep(records, of, GIB, limit=GIB, was_killed=True)
    records.retry(of, queued_by=9)
    assert launched(evolve(of, try_number=2), auto("1Gi", up_to="16Gi"))[0] in {"2Gi", "2048Mi"}


def test_instances_that_were_killed_read_their_own_rows_alone(records, monkeypatch):
    """A thousand of them fail at once, and the scheduler launches all again: the history is read once."""
    asked = []
    load = sizing.load_kept
    monkeypatch.setattr(sizing, "load_kept", lambda *of, **most: asked.append(of[1:]) or load(*of, **most))
    minute = time.monotonic()
    monkeypatch.setattr(sizing.time, "monotonic", lambda: minute)
    keep_runs(records, "fleet", *[700 * MIB] * 12)
    for index in range(5):
        of = records.create_try(task_id="fleet", map_index=index)
        fail_of_memory(records, of)
        keep(records, of, GIB, limit=GIB, was_killed=True)
        records.retry(of, queued_by=9)
        memory, _ = launched(evolve(of, try_number=2), auto("1Gi", up_to="16Gi"))
        assert int(memory.removesuffix("Mi")) > 1024
    assert asked == [("d", "fleet")]


def test_a_launch_reads_a_bounded_number_of_rows(records, monkeypatch):
    """The latest ones, of a task with however many instances."""
    monkeypatch.setattr(sizing, "MOST_KEPT", 15)
    keep_runs(records, "wide", *[4 * GIB] * 20, *[700 * MIB] * 15)
    memory, why = launched(_try("wide", "now"), auto("4Gi", up_to="16Gi"))
    assert (why["memory"]["tries"], int(memory.removesuffix("Mi")) < 1000) == (15, True)


def test_records_of_next_to_nothing_starve_no_try(records):
    """A worker may write any peak: no try gets less than Airflow's processes need, and few steps follow."""
    keep_runs(records, "starved", *[1] * 30)
    memory, _ = launched(_try("starved", "now"), auto("1Gi", up_to="16Gi"))
    assert 128 <= int(memory.removesuffix("Mi")) < 256
    amounts = sizing.load_history("d", "starved", GIB, 16 * GIB).amounts
    assert (len(amounts) <= 6, amounts[-1]) == (True, 16 * GIB)


def test_no_try_exceeds_the_most(records):
    """Neither by what runs needed, nor after an OOM at the most."""
    keep_runs(records, "large", *[9 * GIB] * 12)
    assert launched(_try("large", "now"), auto("1Gi", up_to="2Gi"))[0] == "2048Mi"


@pytest.mark.parametrize(("most", "quantity"), [("2G", "2G"), ("1Gi", "1024Mi"), ("1.5Gi", "1536Mi")])
def test_the_most_is_not_rounded_up(records, most, quantity):
    """It may be the site's own limit, beyond which the pod is refused; a start may be the most."""
    keep_runs(records, f"most of {most}", *[9 * GIB] * 12)
    assert launched(_try(f"most of {most}", "now"), auto("1Gi", up_to=most))[0] == quantity
    keep_runs(records, f"less than {most}", *[300 * MIB] * 12)
    less, _ = launched(_try(f"less than {most}", "now"), auto("1Gi", up_to=most))
    assert 300 < int(less.removesuffix("Mi")) < 400


@pytest.mark.parametrize(
    ("start", "most", "is_taken"),
    [
        ("1Gi", "2Gi", True),
        ("1e99999999", "1e99999999", False),
        ("1", "1e99999999", False),
        ("0", "1Gi", False),
        ("-1", "-1", False),
        ("2Gi", "1Gi", False),
    ],
)
def test_bounds_that_no_build_writes_count_as_nothing(records, start, most, is_taken):
    """An author can write the annotation by hand, and the scheduler must not count to its numbers."""
    steps = {"after": "oom", "steps": [[start, start], [most, most]], "history": "apply"}
    keep_runs(records, "by hand", *[700 * MIB] * 12)
    identity = {name: str(value) for name, value in asdict(_try("by hand", "now")).items()}
    annotations = {PER_TRY_ANNOTATION: json.dumps({"memory": steps}), **identity}
    pod = build_v1_pod({"metadata": {"annotations": annotations}, **TEMPLATE})
    assert bool(sizing.size_from_history(pod, lambda _: 0)) is is_taken


def test_a_shadow_changes_nothing_and_says_what_it_would_have_requested(records, caplog):
    """`apply=False`: the pod is as without history; annotation and log have the amount."""
    caplog.set_level("INFO", launch.__name__)
    keep_runs(records, "shadow", *[700 * MIB] * 12)
    memory, why = launched(_try("shadow", "now"), auto("4Gi", up_to="16Gi", apply=False))
    assert (memory, why["memory"]["applied"]) == ("4Gi", False)
    assert 700 * MIB <= why["memory"]["suggested"] <= 900 * MIB
    assert "memory would be" in caplog.text


def test_a_database_that_fails_costs_the_history_alone_and_a_line_an_hour(records, caplog, monkeypatch):
    """The pod starts with what the author has written."""
    keep_runs(records, "unread", *[700 * MIB] * 12)
    monkeypatch.setattr(sizing, "load_kept", lambda *_, **__: 1 / 0)
    for number in range(3):
        assert launched(_try("unread", f"now {number}"), auto("4Gi", up_to="16Gi")) == ("4Gi", {})
    assert caplog.text.count("so tasks start without their history") == 1


def test_a_thousand_instances_cost_a_query_a_minute_and_other_tasks_none(records, monkeypatch):
    """Only tasks whose memory comes from history are looked up; each launch reads its own earlier tries."""
    asked, earlier = [], []
    load, read = sizing.load_kept, earlier_tries._read
    monkeypatch.setattr(sizing, "load_kept", lambda *of, **most: asked.append(of[1:]) or load(*of, **most))
    monkeypatch.setattr(earlier_tries, "_read", lambda of: earlier.append(of.task_id) or read(of))
    keep_runs(records, "mapped", *[700 * MIB] * 12)
    minute = time.monotonic()
    monkeypatch.setattr(sizing.time, "monotonic", lambda: minute)
    for index in range(20):
        launched(evolve(_try("mapped", "now"), map_index=index), auto("4Gi", up_to="16Gi"))
        launched(evolve(_try("plain", "now"), map_index=index), "1Gi")
    assert asked == [("d", "mapped")]
    assert earlier == ["mapped"] * 20
    minute += sizing.SECONDS
    launched(_try("mapped", "now"), auto("4Gi", up_to="16Gi"))
    assert len(asked) == 2


def test_the_sites_hook_has_the_last_word(records):
    """A hook that caps memory caps what history suggests."""

    def cap(pod):
        pod.spec.containers[0].resources.limits["memory"] = "512Mi"
        pod.spec.containers[0].resources.requests["memory"] = "512Mi"

    keep_runs(records, "capped", *[700 * MIB] * 12)
    assert launched(_try("capped", "now"), auto("4Gi", up_to="16Gi"), cap)[0] == "512Mi"


def test_tries_that_failed_for_another_reason_do_not_count(records):
    """They may have ended before they needed most."""
    for number in range(12):
        of = _try("broken", f"run {number}")
        kept = KeptUsage(of=of, pod=of.run_id, ended="Failed", usage=Usage(try_number=1, memory_peak=MIB))
        write_row(records, kept)
    assert launched(_try("broken", "now"), auto("4Gi", up_to="16Gi"))[0] == "4Gi"


def test_page_cache_that_fills_the_limit_is_no_need(records):
    """A peak at the limit is that of the processes, and what of the cache was not reclaimable."""
    for number in range(12):
        of = _try("cached", f"run {number}")
        usage = Usage(
            try_number=1,
            memory_peak=4 * GIB,
            memory_limit=4 * GIB,
            memory_cache=3 * GIB,
            memory_resident=GIB // 2,
        )
        kept = KeptUsage(of=of, pod=of.run_id, limits={"memory": 4 * GIB}, usage=usage)
        write_row(records, kept)
    memory, _ = launched(_try("cached", "now"), auto("4Gi", up_to="16Gi"))
    assert 1024 <= int(memory.removesuffix("Mi")) <= 1400
