"""At the end of each try, on real Airflow and the machine's cgroups: the line, the metrics, the record."""

from __future__ import annotations

import logging
import os
import re
import socket
import sys
import threading
from contextlib import closing, contextmanager, nullcontext
from types import SimpleNamespace

import pytest
from own_cgroup import REPORT, make_cgroup
from processes import RUN_AS_WORKER, output_of, rows_of, run_airflow, run_python

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec._compat import airflow_version
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage, describe_usage, parse_usage
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.usage import report as usage_report
from airflow_provider_k8sexec.usage.cgroup import Counters, read_counters

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
COUNTERS = Counters(
    memory_peak=310 * MEBIBYTE,
    is_peak_counted=True,
    memory_cache=0,
    memory_resident=200 * MEBIBYTE,
    memory_limit=None,
    oom_kills=0,
    cpu_seconds=4.0,
    cpu_limit=None,
    seconds=10.0,
)


@contextmanager
def statsd():
    """Listen as a StatsD server does, and give what it is sent."""
    said = []
    ended = threading.Event()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)

        def listen():
            while True:
                try:
                    said.extend(server.recv(65536).decode().splitlines())
                except TimeoutError:
                    if ended.is_set():
                        return

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], said
        finally:
            ended.set()
            thread.join()


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
    output_of(run_airflow("dags", "reserialize", **environ))
    output_of(run_airflow("dags", "trigger", "usage", **environ))
    with make_cgroup(memory=2 * GIBIBYTE, cpu=2) as own, statsd() as (port, metrics):
        statsd_on = {"AIRFLOW__METRICS__STATSD_ON": "True", "AIRFLOW__METRICS__STATSD_PORT": str(port)}
        with watch(own) if own.version else nullcontext([0]) as held:
            arguments = (RUN_AS_WORKER, installed.file, "usage")
            output_of(run_python(*arguments, enter=own.enter, **environ, **statsd_on, **{WORKER: "True"}))
        peak = own.read_peak() if own.version else None
    rows = rows_of(installed.home, f"select task_id, value from xcom where key = '{USAGE_KEY}'")  # noqa: S608
    return SimpleNamespace(
        home=installed.home,
        lines={_task_of(file): line for file in installed.home.rglob("*.log") for line in _lines(file)},
        metrics=dict(line.partition("|")[0].split(":", 1) for line in metrics),
        records={task_id: parse_usage(value) for task_id, value in rows},
        reporting=OURS if own.version or read_counters() else set(),
        is_limited=bool(own.version),
        peak=peak,
        held=max(held),
    )


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


@pytest.fixture
def worker(monkeypatch, caplog):
    """Be a worker outside a task, whose cgroup says what the tests say; give its log."""

    def store_xcom(*_):
        raise LookupError("there is no task")

    monkeypatch.setenv(WORKER, "True")
    monkeypatch.setattr(usage_report, "read_counters", lambda: COUNTERS)
    monkeypatch.setattr(usage_report._compat, "store_xcom", store_xcom)
    forget_context()
    caplog.set_level(logging.INFO, logger=usage_report.__name__)
    return caplog


def instance_of(executor_config):
    """Give what a listener gets of a task instance."""
    task = SimpleNamespace(executor_config=executor_config)
    names = {"dag_id": "daily_report", "task_id": "load.extract", "run_id": "a_run", "map_index": -1}
    return SimpleNamespace(task=task, try_number=1, **names)


def test_nothing_is_told_outside_a_worker(monkeypatch, worker):
    """Where a scheduler or an API server ends a task, its own memory is nobody's usage."""
    monkeypatch.setenv(WORKER, "False")
    forget_context()
    listeners.on_task_instance_success(instance_of(k8s_config(memory="1Gi")))
    assert worker.messages == []


@pytest.mark.parametrize("executor_config", [None, {}, {"pod_override": object()}])
def test_nothing_is_told_of_tasks_that_are_not_ours(worker, executor_config):
    """A task without our options is left alone; so is an end of which the task is not known."""
    listeners.on_task_instance_success(instance_of(executor_config))
    listeners.on_task_instance_failed(SimpleNamespace(), None)
    assert worker.messages == []


def test_nothing_is_told_without_a_cgroup(monkeypatch, worker):
    """A machine whose cgroup cannot be read is no error."""
    monkeypatch.setattr(usage_report, "read_counters", lambda: None)
    listeners.on_task_instance_success(instance_of(k8s_config(memory="1Gi")))
    assert worker.messages == []


def test_an_end_of_a_task_survives_what_fails_here(worker):
    """Outside a task there is no place for the record: the line stands all the same, and says why."""
    listeners.on_task_instance_failed(instance_of(k8s_config(memory="1Gi")), None)
    line, reason = worker.messages
    assert line == "memory: peak 310Mi of 1Gi (30 %); cpu: 0.4 cores on average; suggested memory='512Mi'"
    assert reason == "What this try has used could not be published: LookupError('there is no task')"


def test_an_amount_that_cannot_be_read_is_no_error(monkeypatch, worker):
    """Whatever goes wrong in telling, a task's end goes on."""
    monkeypatch.setattr(usage_report, "read_counters", lambda: COUNTERS._replace(memory_peak=None))
    listeners.on_task_instance_success(instance_of(k8s_config(memory="1Gi")))
    (reason,) = worker.messages
    assert reason.startswith("What this try has used could not be measured: ")


def test_a_process_that_was_killed_is_a_warning(monkeypatch, worker):
    """A child that the kernel has killed is told as loudly as it can be."""
    killed = COUNTERS._replace(oom_kills=1, memory_limit=GIBIBYTE, memory_peak=GIBIBYTE)
    monkeypatch.setattr(usage_report, "read_counters", lambda: killed)
    listeners.on_task_instance_failed(instance_of(k8s_config(memory="1Gi")), None)
    assert worker.records[0].levelno == logging.WARNING
    assert "peak 1Gi of 1Gi (100 %), 1 process killed at the limit" in worker.messages[0]


@pytest.mark.parametrize(
    ("options", "requested"),
    [
        ({"memory": ("1Gi", "2Gi"), "cpu": (0.5, None)}, (GIBIBYTE, 2 * GIBIBYTE, 0.5, None)),
        ({"memory": (None, "2Gi"), "cpu": (None, "500m")}, (2 * GIBIBYTE, 2 * GIBIBYTE, 0.5, 0.5)),
        ({"memory": per_try("512Mi", "1Gi", "4Gi"), "cpu": per_try(0.5, (1, 2))}, (GIBIBYTE, GIBIBYTE, 1, 2)),
        ({"labels": {"team": "finance"}}, (None, None, None, None)),
        ({"pod_template_file": "/template.yaml"}, (None, None, None, None)),
        (
            {
                "pod_override": {
                    "spec": {"containers": [{"name": "base", "resources": {"requests": {"memory": "1Gi"}}}]}
                }
            },
            (GIBIBYTE, None, None, None),
        ),
        ({"secrets": ["A_SECRET"], "release": None, "memory": "1Gi"}, (GIBIBYTE, GIBIBYTE, None, None)),
    ],
)
def test_what_was_asked_for_is_the_tasks_own_options(monkeypatch, worker, options, requested):
    """Where the cgroup has no limit, the options' of this try holds; a limit alone is the request too."""
    found = []
    monkeypatch.setattr(usage_report, "_store", lambda _, usage: found.append(usage))
    second_try = instance_of(k8s_config(**options))
    second_try.try_number = 2
    listeners.on_task_instance_success(second_try)
    assert len(worker.messages) == 1
    (usage,) = found
    assert isinstance(usage, Usage)
    assert (usage.memory_request, usage.memory_limit, usage.cpu_request, usage.cpu_limit) == requested
