"""At the end of each try, on real Airflow and the machine's cgroups: the line, the metrics, the record."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import threading
from contextlib import closing, contextmanager, nullcontext
from types import SimpleNamespace

import pytest
from own_cgroup import REPORT, make_cgroup
from processes import RUN_AS_WORKER, output_of, rows_of, run_python, trigger_dag
from statsd_server import read_metrics, run_statsd, statsd_settings

from airflow_provider_k8sexec._compat import AIRFLOW_3, airflow_version
from airflow_provider_k8sexec.past_tries.failures import FAILURE_KEY
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, describe_usage, parse_usage
from airflow_provider_k8sexec.usage.cgroup import read_counters

pytestmark = pytest.mark.once_a_line
SCHEDULER = {"AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780"}
FOREIGN_XCOMS = {
    "AIRFLOW__CORE__XCOM_BACKEND": "foreign_xcoms.ForeignXCom",
    "PYTHONPATH": os.pathsep.join([str(RUN_AS_WORKER.parent), *sys.path]),
    # Airflow 3 has no such option.
    "AIRFLOW__CORE__ENABLE_XCOM_PICKLING": "True",
}
WORKER = "AIRFLOW_IS_K8S_EXECUTOR_POD"
OURS = {"allocates", "fails", "retries", "mapped"}
MEBIBYTE = 2**20
GIBIBYTE = 2**30


@contextmanager
def watch(own):
    """Look at a cgroup again and again, and give what its processes held each time."""
    seen = [0]
    ended = threading.Event()

    def look():
        while not ended.wait(0.05):
            seen.append(own.read_held())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


@pytest.fixture(scope="module")
def ran(installation):
    """Run tasks as a worker does, in a cgroup with limits where one can be made."""
    installed = installation("usage.py")
    environ = {**installed.environ, **SCHEDULER, **FOREIGN_XCOMS}
    trigger_dag("usage", **environ)
    _record_failures(installed.home)
    with make_cgroup(memory=2 * GIBIBYTE, cpu=2) as own, run_statsd() as (port, lines):
        statsd_on = statsd_settings(port)
        with watch(own) if own.version else nullcontext([0]) as held:
            arguments = (RUN_AS_WORKER, installed.file, "usage")
            output_of(run_python(*arguments, enter=own.enter, **environ, **statsd_on, **{WORKER: "True"}))
        peak = own.read_peak() if own.version else None
    rows = rows_of(installed.home, f"select task_id, value from xcom where key = '{USAGE_KEY}'")  # noqa: S608
    return SimpleNamespace(
        home=installed.home,
        failures=rows_of(installed.home, f"select task_id from xcom where key = '{FAILURE_KEY}'"),  # noqa: S608
        lines={_task_of(file): line for file in installed.home.rglob("*.log") for line in _lines(file)},
        metrics=read_metrics(lines),
        records={task_id: parse_usage(value) for task_id, value in rows},
        reporting=OURS if own.version or read_counters() else set(),
        is_limited=bool(own.version),
        peak=peak,
        held=max(held),
    )


def _record_failures(home):
    """Let each task have waited for a node, as the scheduler records it."""
    statement = (
        "insert into xcom (dag_run_id, task_id, map_index, key, dag_id, run_id, value, timestamp) "
        "select dag_run.id, ti.task_id, ti.map_index, ?, ti.dag_id, ti.run_id, ?, '2026-01-01 00:00:00.0' "
        "from task_instance as ti join dag_run on dag_run.dag_id = ti.dag_id and dag_run.run_id = ti.run_id"
    )
    value = "{}" if AIRFLOW_3 else b"{}"
    with closing(sqlite3.connect(home / "airflow.db")) as connection, connection:
        assert connection.execute(statement, [FAILURE_KEY, value]).rowcount >= len(OURS)


def _task_of(log):
    return next((part[8:] for part in log.parts if part.startswith("task_id=")), log.stem)


def _lines(log):
    found = re.search(
        r"memory: (?:peak|at least) .*?on average(?:; suggested memory='\w+')?", log.read_text()
    )
    return [found[0]] if found else []


def test_every_try_of_our_tasks_ends_with_the_line(ran):
    """Success, failure and a try that is to be repeated, mapped or not: each log of ours has the line."""
    assert ran.lines.keys() == ran.reporting
    assert dict(rows_of(ran.home, "select task_id, state from task_instance")) == {
        "allocates": "success",
        "fails": "failed",
        "retries": "up_for_retry",
        "mapped": "success",
        "not_ours": "success",
    }


def test_the_line_of_a_task_that_allocates_300_mib_is_right(ran):
    """The peak in the log is what the worker's processes held, within 10 %; the limits are the cgroup's."""
    if not ran.is_limited:
        assert ran.records.keys() == ran.reporting
        return
    line = ran.lines["allocates"]
    form = r"memory: peak (\d+)Mi of 2Gi \((\d+) %\); cpu: ([\d.]+) of 0.5..2 cores on average"
    peak, share, cores = map(float, re.match(form, line).groups())
    assert peak == pytest.approx(ran.held / MEBIBYTE, rel=0.1)
    assert peak == pytest.approx(ran.peak / MEBIBYTE, rel=0.1)
    assert peak > 300
    assert share == pytest.approx(100 * peak / 2048, abs=1)
    assert 0 < cores <= 2
    REPORT.add(f"Airflow {airflow_version}: {line} (its processes held {ran.held // MEBIBYTE}Mi)")


def test_every_try_leaves_its_record(ran):
    """The record is JSON in the database, for failures too, and has what the line has.

    The site's XCom backend has no part in it (here it fails), nor does Airflow 2.11's pickling.
    """
    assert ran.records.keys() == ran.reporting
    for task_id, usage in ran.records.items():
        assert usage.try_number == 1
        assert describe_usage(usage) == ran.lines[task_id]
        assert usage.memory_request == (None if task_id == "mapped" else 2 * GIBIBYTE)
        assert usage.cpu_request == (0.5 if task_id == "allocates" else None)


def test_every_try_sets_gauges(ran):
    """A StatsD server is sent each amount, under one name for all, and under one for each task."""
    sent = {name: value for name, value in ran.metrics.items() if ".k8sexec." in name}
    for task_id, usage in ran.records.items():
        for name, amount in {
            "memory_peak_bytes": usage.memory_peak,
            "memory_requested_bytes": usage.memory_requested,
            "cpu_average_cores": usage.cpu_average,
            "cpu_requested_cores": usage.cpu_requested,
        }.items():
            assert f"airflow.k8sexec.{name}" in sent
            assert float(sent[f"airflow.k8sexec.{name}.usage.{task_id}"]) == pytest.approx(amount)
    assert bool(sent) == bool(ran.reporting)


def test_airflow_forgets_the_failure_of_a_pod_as_its_task_starts(ran):
    """What the pod waited for, or what ended the try before, is no reason why this try fails."""
    assert ran.failures == []
