"""The ``[core] executor`` of a worker: the deployment's own where tasks of its DAG name what it lacks."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from airflow.settings import pod_mutation_hook
from executor_pods import construct_pod

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.launch import hook, hourly_log, named_executors
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.render import executor_pod
from airflow_provider_k8sexec.render.executor_pod import Run, render_pod

if TYPE_CHECKING:
    from collections.abc import Callable

OPTION = "AIRFLOW__CORE__EXECUTOR"
SEVERAL = "LocalExecutor,KubernetesExecutor"
OTHER = {"name": "STAGE", "value": "test"}
OF_TEMPLATE = {"name": OPTION, "value": "LocalExecutor"}


def template_with(*variables: dict[str, Any]) -> dict[str, Any]:
    """Write a pod template."""
    worker = {"name": "base", "image": "airflow:3", "env": [OTHER, *variables]}
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [worker]}}


def variables_of(pod: Any) -> list[tuple[str, str | None]]:
    """Give the variables that a template or a hook gives the worker."""
    (worker,) = pod.spec.containers
    pairs = [
        (item["name"], item["value"]) if isinstance(item, dict) else (item.name, item.value)
        for item in worker.env
    ]
    return [(name, value) for name, value in pairs if name in (OPTION, OTHER["name"])]


@pytest.fixture
def queries(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Set a deployment of two executors, whose tasks name the second, and give what its database is asked."""
    monkeypatch.setenv(OPTION, SEVERAL)
    monkeypatch.setattr(hook, "_logged", Recent(16))
    named_executors._load.cache_clear()  # of other tests
    configure()
    asked: list[tuple[str, str]] = []

    def load(dag_id: str, run_id: str) -> frozenset[str]:
        asked.append((dag_id, run_id))
        return frozenset({"KubernetesExecutor"})

    monkeypatch.setattr(_compat, "load_named_executors", load)
    return asked


def launch(*variables: dict[str, Any]) -> Any:
    """Merge a pod as the executor does, and run all hooks over it."""
    pod = construct_pod(None, build_v1_pod(template_with(*variables)))
    pod_mutation_hook(pod)
    return pod


def test_a_worker_gets_the_schedulers_executors(
    queries: list[tuple[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    """Where the template sets fewer than the tasks of the DAG name; and the log says so, once."""
    caplog.set_level(logging.INFO)
    for _ in range(2):
        assert variables_of(launch(OF_TEMPLATE)) == [("STAGE", "test"), (OPTION, SEVERAL)]
    said = [record.getMessage() for record in caplog.records if OPTION in record.getMessage()]
    reason = "because a task of the DAG names an executor that the pod's lacks"
    assert said == [
        f"Pod of task 'a_task' of DAG 'a_dag': {OPTION} is the scheduler's {SEVERAL!r}, {reason}."
    ]
    assert len(queries) == 1


@pytest.mark.parametrize(
    "variables",
    [
        [],
        [{"name": OPTION, "value": SEVERAL}],
        [{"name": OPTION, "value": "KubernetesExecutor,LocalExecutor"}],
        [{"name": OPTION, "valueFrom": {"configMapKeyRef": {"name": "airflow", "key": "executor"}}}],
    ],
)
def test_what_is_enough_or_not_known_stays(
    queries: list[tuple[str, str]], variables: list[dict[str, Any]]
) -> None:
    """And the database is not asked."""
    expected = [(item["name"], item.get("value")) for item in [OTHER, *variables]]
    assert variables_of(launch(*variables)) == expected
    assert queries == []


def test_a_run_whose_tasks_name_no_executor_stays_as_it_is(
    queries: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its workers load the DAG with what the template sets."""
    monkeypatch.setattr(_compat, "load_named_executors", lambda *_: frozenset())
    assert variables_of(launch(OF_TEMPLATE)) == [("STAGE", "test"), (OPTION, "LocalExecutor")]
    assert queries == []


def test_an_answer_is_good_for_a_minute(
    queries: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version of the DAG may name another executor while the run goes on."""
    now = iter([0.0, 59.0, 60.0])
    monkeypatch.setattr(named_executors.time, "monotonic", lambda: next(now))
    for expected in (1, 1, 2):
        launch(OF_TEMPLATE)
        assert len(queries) == expected


def test_a_database_that_does_not_answer_changes_nothing_else(
    queries: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The pod is launched with its other amendments; one line an hour says what is missing."""

    def fail(*_: str) -> frozenset[str]:
        raise OSError

    monkeypatch.setattr(_compat, "load_named_executors", fail)
    monkeypatch.setattr(hourly_log, "_last", {}, raising=False)
    assert variables_of(launch(OF_TEMPLATE, OTHER)) == [("STAGE", "test"), (OPTION, "LocalExecutor")]
    assert "The executors that tasks name cannot be read" in caplog.text
    assert queries == []


def test_the_switch_of_amendments_is_its_switch(
    queries: list[tuple[str, str]], configure: Callable[..., None]
) -> None:
    """Like all others."""
    configure(amend_pods="False")
    assert variables_of(launch(OF_TEMPLATE))[-1] == (OPTION, "LocalExecutor")
    assert queries == []


def test_where_a_pod_is_rendered_it_has_the_same(
    queries: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the executors that the tasks of the DAG name, and without the database."""
    monkeypatch.setattr(executor_pod, "_load_base", lambda *_: template_with(OF_TEMPLATE))
    for named, expected in ((frozenset(), "LocalExecutor"), (frozenset({"KubernetesExecutor"}), SEVERAL)):
        pod = render_pod("a_dag", "a_task", None, run=Run(executors=named))
        env = {item["name"]: item.get("value") for item in pod["spec"]["containers"][0]["env"]}
        assert env[OPTION] == expected
    assert queries == []


def test_a_worker_of_airflow_2_gets_the_executor_that_tasks_are_routed_to(
    queries: list[tuple[str, str]], configure: Callable[..., None]
) -> None:
    """It writes the executor of its task back to the database, from where the next try is launched."""
    configure(executor="KubernetesExecutor")
    pod = construct_pod(None, build_v1_pod(template_with()))
    pod_mutation_hook(pod)
    env = [item for item in pod.spec.containers[0].env if isinstance(item, dict)]
    expected = {"name": "AIRFLOW__K8SEXEC__EXECUTOR", "value": "KubernetesExecutor"}
    assert (expected in env) is not _compat.AIRFLOW_3
    assert queries == []
