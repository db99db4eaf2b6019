"""A refused task reports everything that is wrong with it, of every kind, with the line that makes it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from airflow_provider_k8sexec import DeploymentError, PersistentVolumeClaim, SpecError, k8s_config
from airflow_provider_k8sexec.context import forget_context


def problems_of(**options: Any) -> list[str]:
    """Give the arguments that an error names, in its order."""
    with pytest.raises(SpecError, match=r"problems? in the pod options") as caught:
        k8s_config(**options)
    return [problem.field for problem in caught.value.problems]


def test_every_unknown_argument_is_reported_at_once() -> None:
    """Nobody corrects one misspelt argument to be shown the next."""
    assert problems_of(cpus=2, mem="1Gi", request_memory="1Gi", limits={"cpu": 1}) == [
        "cpus",
        "mem",
        "request_memory",
        "limits",
    ]


def test_a_mistake_in_an_option_does_not_hide_what_the_platform_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Astro, a wrong amount and a claim are two problems of one error."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__PLATFORM", "astro")
    forget_context()
    found = problems_of(cpu="500Mi", volumes={"/d": PersistentVolumeClaim("data")})
    assert found[0] == "cpu"
    assert found[1].startswith("volumes")


def test_an_unknown_release_hides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a deployment it is one of the problems; alone, it is an error of the deployment."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    forget_context()
    assert problems_of(secrets=["A_KEY"], memory=512) == ["memory", "secrets"]
    with pytest.raises(DeploymentError, match="the release name is unknown"):
        k8s_config(secrets=["A_KEY"])


def test_a_mistake_in_the_tasks_template_does_not_hide_others(tmp_path: Any) -> None:
    """The template that a task names is read although an option is wrong."""
    (tmp_path / "template.yaml").write_text("spec: {containers: [{name: base, image: 7}]}", encoding="utf-8")
    found = problems_of(memory=512, pod_template_file=str(tmp_path / "template.yaml"))
    assert found[0] == "memory"
    assert "pod_template_file" in found[1]


@pytest.mark.parametrize(
    "override",
    [
        {"spec": []},
        {"spec": {"containers": "base"}},
        {"spec": {"containers": [{"image": "x"}]}},
        {"spec": {"containers": [{"name": "base", "env": {"A": "b"}, "resources": []}], "volumes": "v"}},
        {"metadata": ["x"], "spec": {"nodeSelector": "x", "tolerations": [1]}},
        {"metadata": {"annotations": "x"}, "spec": {"hostNetwork": False}},
    ],
    ids=str,
)
def test_a_pod_override_of_any_shape_is_refused_with_the_rest(override: Any) -> None:
    """The pod is built before it is checked, so its parts may have any shape."""
    found = problems_of(
        memory="x",
        cpu=1,
        env_vars={"A": "x"},
        volumes={"/d": PersistentVolumeClaim("d")},
        node_selector={"disk": "ssd"},
        pod_override=override,
    )
    assert found[0] == "memory"
    assert len(found) > 1


def test_an_error_knows_the_line_that_makes_the_task() -> None:
    """``lint`` reports it, and the import error shows it."""
    frame = inspect.currentframe()
    assert frame is not None
    with pytest.raises(SpecError, match="1 problem") as caught:
        k8s_config(memory=512)
    assert caught.value.location == (__file__, frame.f_lineno - 1)
    assert f"({__file__}, line {frame.f_lineno - 2})" in str(caught.value)
