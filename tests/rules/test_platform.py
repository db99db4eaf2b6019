"""What a platform does to pods: its errors, its warnings, and the vendor's page behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sample_declarations import DEPLOYMENT, declare

from airflow_provider_k8sexec import EmptyDir, PersistentVolumeClaim, SpecError, k8s_config, per_try
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.rules.requested_pod.platform import (
    check_platform_errors,
    check_platform_warnings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SIDECAR = {"name": "proxy", "image": "proxy:1", "resources": {"limits": {"memory": "80Gi"}}}

ERRORS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "astro": [
        (
            {"volumes": {"/models": PersistentVolumeClaim("models")}},
            "has the source persistentVolumeClaim, and Astro has no",
        ),
        (
            {"volumes": {"/scratch": {"ephemeral": {"volumeClaimTemplate": {}}}}},
            "has the source ephemeral, and Astro has no",
        ),
        ({"pod_template_file": "/usr/local/airflow/pod.yaml"}, "makes the task fail on Astro"),
        ({"cpu": 87}, "cpu limit='87' is more than any pod on Astro can have"),
        ({"memory": ("1Gi", "173Gi")}, "memory limit='173Gi' is more than any pod on Astro can have"),
        (
            {"memory": per_try("1Gi", "2Gi", "200Gi")},
            "memory limit[try 3]='200Gi' is more than any pod on Astro can have",
        ),
        ({"memory": "100Gi", "sidecars": [SIDECAR]}, "is more than any pod on Astro can have"),
    ],
}
WARNINGS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "astro": [
        (
            {"cpu": 44},
            "cpu limit='44' is more than a pod on Astro can have unless its support has raised that",
        ),
        ({"memory": "87Gi"}, "memory limit='87Gi' is more than a pod on Astro can have unless"),
        ({"memory": ("87Gi", None)}, "memory request='87Gi' is more than a pod on Astro can have unless"),
        ({"cpu": (1, 2)}, "cpu='1' is raised to the limit '2' on Astro, which also bills it"),
        (
            {"sidecars": [{"name": "proxy", "image": "proxy:1"}]},
            "run beside the task, which Astro does not test",
        ),
        ({"service_account_name": "etl"}, "cannot act for another cloud account on Astro"),
    ],
    "software": [
        ({"cpu": 4}, "cpu limit='4' is more than a pod can have on Astronomer Software unless"),
        ({"memory": "13441Mi"}, "the installation's maxPodCapacity is raised"),
    ],
}
RIGHT: dict[str, dict[str, Any]] = {
    "astro": {"cpu": 43, "memory": "86Gi", "volumes": {"/scratch": EmptyDir()}, "secrets": ["MY_SECRET"]},
    "software": {
        "cpu": ("1", "3500m"),
        "memory": "13440Mi",
        "volumes": {"/models": PersistentVolumeClaim("models")},
        "service_account_name": "etl",
        "pod_template_file": "/usr/local/airflow/pod.yaml",
    },
    "generic": {
        "cpu": 90,
        "memory": "300Gi",
        "volumes": {"/models": PersistentVolumeClaim("models")},
        "sidecars": [SIDECAR],
    },
}


def asked_of(options: dict[str, Any]) -> RequestedPod:
    """Give what a task with these options asks of its pod."""
    declaration = declare(**options)
    return build_requested_pod(declaration, DEPLOYMENT)


def cases(table: dict[str, list[tuple[dict[str, Any], str]]]) -> list[tuple[str, dict[str, Any], str]]:
    """Give the rows of a table, each with its platform."""
    return [(platform, options, said) for platform, rows in table.items() for options, said in rows]


@pytest.mark.parametrize(("platform", "options", "said"), cases(ERRORS))
def test_what_fails_on_a_platform_is_an_error_there(
    platform: str, options: dict[str, Any], said: str
) -> None:
    """The error tells why, with the vendor's page; on another platform nothing is said."""
    (problem,) = check_platform_errors(asked_of(options), platform)
    assert said in str(problem)
    assert "https://www.astronomer.io/docs/" in problem.reason
    assert check_platform_errors(asked_of(options), "generic") == []


@pytest.mark.parametrize(("platform", "options", "said"), cases(WARNINGS))
def test_what_a_platform_changes_is_a_warning_there(
    platform: str, options: dict[str, Any], said: str
) -> None:
    """The warning tells what happens, with the vendor's page, and it is no error."""
    (problem,) = check_platform_warnings(asked_of(options), platform)
    assert said in str(problem)
    assert "https://www.astronomer.io/docs/" in problem.reason
    assert check_platform_errors(asked_of(options), platform) == []
    assert check_platform_warnings(asked_of(options), "generic") == []


@pytest.mark.parametrize("platform", RIGHT)
def test_what_a_platform_runs_is_left_alone(platform: str) -> None:
    """At its bounds, and with what it supports, a platform has nothing to say."""
    requested = asked_of(RIGHT[platform])
    assert check_platform_errors(requested, platform) == []
    found = check_platform_warnings(requested, platform)
    assert found == []


def test_what_is_an_error_is_not_a_warning_besides() -> None:
    """A pod too large for Astro is told once."""
    assert check_platform_warnings(asked_of({"cpu": 90}), "astro") == []


def test_a_pod_option_that_fails_on_the_platform_is_refused_at_parse(configure: Any) -> None:
    """On Astro a claim is refused where the DAG is parsed, whatever the policy; elsewhere it is not."""
    volumes = {"/models": PersistentVolumeClaim("models")}
    assert k8s_config(volumes=volumes)
    configure(platform="astro", policy="off")
    with pytest.raises(SpecError, match="Astro has no persistent volumes"):
        k8s_config(volumes=volumes)


def test_a_worker_on_the_platform_is_not_refused(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's pod is there already, so its declaration is not judged."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    configure(platform="astro")
    assert k8s_config(volumes={"/models": PersistentVolumeClaim("models")})


def test_odd_shapes_are_other_rules_matter() -> None:
    """A hand-written pod of any shape is judged as far as it can be read, without an exception."""
    odd: list[Any] = [
        {"spec": 1},
        {"spec": {"containers": 1, "volumes": ["a"]}},
        {"spec": {"containers": [1, {"name": "base", "resources": {"limits": {"cpu": "?", "memory": 1}}}]}},
        {"metadata": [], "spec": {"volumes": None}},
    ]
    for pod in odd:
        for platform in ("astro", "software", "generic"):
            assert check_platform_errors(RequestedPod(pod), platform) == []
            assert check_platform_warnings(RequestedPod(pod), platform) == []


def test_an_amount_in_a_wrong_unit_is_no_large_one_as_well(configure: Callable[..., None]) -> None:
    """On Astro, too, it is one problem."""
    configure(platform="astro")
    with pytest.raises(SpecError, match="1 problem in") as caught:
        k8s_config(cpu="500Mi")
    assert [problem.field for problem in caught.value.problems] == ["cpu"]


def test_a_sum_is_written_in_the_unit_of_its_parts() -> None:
    """100Gi and 80Gi are 180Gi, and no number of twelve digits."""
    requested = asked_of({"memory": "100Gi", "sidecars": [SIDECAR]})
    assert [problem.value for problem in check_platform_errors(requested, "astro")] == ["'180Gi'"]


def test_containers_beside_the_task_go_by_the_words_of_their_author() -> None:
    """Sidecars are an option, and those of an override stand there."""
    spec = {"containers": [{"name": "base"}, {"name": "proxy", "image": "proxy:1"}]}
    problems = check_platform_warnings(asked_of({"pod_override": {"spec": spec}}), "astro")
    assert [problem.field for problem in problems] == ["pod_override['spec']['containers']"]
    problems = check_platform_warnings(asked_of({"sidecars": [{"name": "proxy", "image": "a"}]}), "astro")
    assert [problem.field for problem in problems] == ["sidecars"]
