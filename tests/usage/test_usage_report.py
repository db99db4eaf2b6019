"""What a worker tells of a try as it ends: the line, the metrics, the record."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.past_tries.usage_record import Usage
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.usage import report as usage_report
from airflow_provider_k8sexec.usage.cgroup import Counters

WORKER = "AIRFLOW_IS_K8S_EXECUTOR_POD"
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
