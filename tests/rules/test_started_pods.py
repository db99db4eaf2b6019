"""Which rules hold for a pod that a task starts: none about the worker, and some of its operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from airflow_provider_k8sexec.authoring.checked import read_and_check
from airflow_provider_k8sexec.authoring.layers import Layer
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import POD_OPERATOR_LABELS
from airflow_provider_k8sexec.pod.task_request import StartedPodRequest, TaskRequest
from airflow_provider_k8sexec.rules import check_meaning

if TYPE_CHECKING:
    from collections.abc import Callable


def errors_of(request_class: type[TaskRequest], **options: Any) -> list[str]:
    """Give what is wrong with the pod of these options."""
    _, findings = read_and_check([Layer(options)], load_context(), request_class)
    return [str(problem) for problem in findings.errors]


def warnings_of(request_class: type[TaskRequest], **options: Any) -> list[str]:
    """Give what is probably not meant by these options, where the pod has no template."""
    request, _ = read_and_check([Layer(options)], load_context(), request_class)
    requested = evolve(request.requested, template={})
    return [str(problem) for problem in check_meaning(requested, request.deployment).warnings]


RUNS = {"spec": {"containers": [{"name": "base", "command": ["make"], "args": ["all"]}]}}


@pytest.mark.parametrize(
    ("options", "of_worker"),
    [
        ({"pod_override": RUNS}, "replaces the command by which Airflow runs the task"),
        ({"pod_override": {"metadata": {"name": "own"}}}, "replaces the name that the executor gives"),
        ({"env_vars": {"AIRFLOW_IS_K8S_EXECUTOR_POD": "False"}}, "is set by the KubernetesExecutor itself"),
        ({"annotations": {"dag_id": "own"}}, "is the KubernetesExecutor's own"),
        ({"labels": {"airflow-worker": "own"}}, "is the KubernetesExecutor's own"),
    ],
)
def test_what_the_executor_needs_holds_for_workers_alone(options: dict[str, Any], of_worker: str) -> None:
    """No executor launches a started pod."""
    (problem, *_) = errors_of(TaskRequest, **options)
    assert of_worker in problem
    assert errors_of(StartedPodRequest, **options) == []


@pytest.mark.parametrize("label", sorted(POD_OPERATOR_LABELS))
def test_labels_of_the_operator_are_refused(label: str) -> None:
    """KubernetesPodOperator sets them over an author's, which would be lost."""
    (problem,) = errors_of(StartedPodRequest, labels={label: "own"})
    assert problem == (
        f"labels='{label}' is set by KubernetesPodOperator itself, which finds its pod by it, so that yours "
        f"is lost; choose another, for example 'my-{label.replace('_', '-')}'."
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"memory": "1Gi", "shared_memory": "2Gi"}, "shared_memory='2Gi' is more than the memory limit 1Gi"),
        ({"cpu": "500Mi"}, "cpu='500Mi'"),
        ({"labels": {"team": "a b"}}, "labels['team']='a b'"),
        ({"pod_override": {"spec": {"restartPolicy": "Always"}}}, "would start a finished task once more"),
        ({"pod_override": {"spec": {"containers": [{"name": "main"}]}}}, "has no container 'base'"),
        ({"env_vars": {"A": "$(B)", "B": "$(A)"}}, "refers to itself by way of other variables"),
    ],
)
def test_what_the_api_server_refuses_is_refused_of_both(options: dict[str, Any], problem: str) -> None:
    """One engine: the message is the same."""
    found = [errors_of(request_class, **options) for request_class in (TaskRequest, StartedPodRequest)]
    assert found[0] == found[1]
    assert any(problem in text for text in found[0])


@pytest.mark.parametrize("option", ["service_account_name", "priority_class_name", "tolerations"])
def test_a_template_that_nothing_renders_is_explained(option: str) -> None:
    """The author reads why the value cannot be right, and not that it is no name."""
    value = "{{ params.it }}" if option != "tolerations" else ["{{ params.it }}"]
    (problem,) = errors_of(StartedPodRequest, **{option: value})
    assert "is a Jinja template, and not in a template field of KubernetesPodOperator" in problem
    assert problem.endswith("write the value itself.")


@pytest.mark.parametrize(
    ("options", "of_worker"),
    [
        ({"image": "python:3.12"}, "has no Airflow in it"),
        ({"labels": {"day": "{{ ds }}"}}, "Airflow renders none in executor_config"),
    ],
)
def test_likely_mistakes_of_workers_are_none_of_started_pods(options: dict[str, Any], of_worker: str) -> None:
    """A started pod has an image of its own, and Airflow renders its template fields."""
    assert any(of_worker in text for text in warnings_of(TaskRequest, **options))
    assert not any(of_worker in text for text in warnings_of(StartedPodRequest, **options))


def test_a_container_that_never_ends_keeps_a_started_pod_as_well() -> None:
    """KubernetesPodOperator waits for its whole pod, and not for its container alone."""
    beside = {"name": "sync", "image": "git-sync:1", "command": ["git-sync"]}
    pod = {"spec": {"containers": [{"name": "base"}, beside]}}
    (found,) = warnings_of(StartedPodRequest, pod_override=pod)
    assert "runs beside the task, and the pod ends only when all of its containers have ended" in found


@pytest.mark.parametrize(
    ("options", "is_of_started"),
    [
        ({"volumes": {"/d": {"persistentVolumeClaim": {"claimName": "c"}}}}, True),
        ({"pod_template_file": "/opt/airflow/pod.yaml"}, False),
    ],
)
def test_what_the_platform_refuses_of_any_pod_is_refused(
    options: dict[str, Any], is_of_started: bool, configure: Callable[..., None]
) -> None:
    """Astro has no claims for any pod, and overrides parts of workers' templates alone."""
    configure(platform="astro", policy="off")
    assert any("Astro" in text for text in errors_of(TaskRequest, **options))
    assert any("Astro" in text for text in errors_of(StartedPodRequest, **options)) is is_of_started


def test_pods_of_both_kinds_share_no_findings() -> None:
    """The same options are right for one, and wrong for the other, in one process."""
    labels = {"already_checked": "True"}
    for _ in range(2):
        assert errors_of(TaskRequest, labels=labels) == []
        assert len(errors_of(StartedPodRequest, labels=labels)) == 1
