"""A refused task reports everything that is wrong with it, of every kind, with the line that makes it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from airflow_lines import new_dag

from airflow_provider_k8sexec import (
    ConfigMap,
    DeploymentError,
    EmptyDir,
    K8sBashOperator,
    PersistentVolumeClaim,
    Secret,
    SpecError,
    k8s_config,
    per_try,
)
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


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"volumes": {"scratch": EmptyDir(size="10GB")}}, ["volumes['scratch'].size", "volumes"]),
        ({"volumes": {"scratch": 5}}, ["volumes['scratch']", "volumes"]),
        (
            {"volumes": {"/d": EmptyDir(size="10GB", medium="Disk")}},
            ["volumes['/d'].size", "volumes['/d'].medium"],
        ),
        (
            {"volumes": {"/d": ConfigMap("app", items={"a": 3, "b": "/x"}, sub_path="")}},
            ["volumes['/d'].items['a']", "volumes['/d'].sub_path", "volumes['/d'].items['b']"],
        ),
        (
            {"secrets": [Secret("K", env=5, file="k"), 5, "A B"]},
            ["secrets[0].env", "secrets[1]", "secrets['A B']", "secrets['K'].file"],
        ),
        ({"env_vars": {"A=B": 3}}, ["env_vars['A=B']", "env_vars"]),
        (
            {"env_vars": [{"value": "x"}, {"name": "A=B", "value": 3}]},
            ["env_vars[0]", "env_vars['A=B']", "env_vars"],
        ),
        ({"labels": {"Bad Key!": 3}}, ["labels['Bad Key!']", "labels"]),
        ({"labels": {"team": -3}}, ["labels['team']", "labels['team']"]),
        ({"labels": {"Bad Key!": []}}, ["labels['Bad Key!']", "labels"]),
        ({"tolerations": [5, "x:Bad"]}, ["tolerations[0]", "tolerations[1]"]),
        ({"image_pull_secrets": [5, "A_b"]}, ["image_pull_secrets[0]", "image_pull_secrets[1]"]),
        ({"env_from": ["x", "secret/A_b"]}, ["env_from[0]", "env_from[1]['secretRef']['name']"]),
        (
            {"init_containers": [5, {"imag": "x"}, {"name": "A_b", "image": "b"}]},
            [
                "init_containers[0]",
                "init_containers[1]",
                "init_containers[1]['imag']",
                "init_containers[2]['name']",
            ],
        ),
        ({"cpu": ("x", "y")}, ["cpu[0]", "cpu[1]"]),
        ({"cpu": ("x", "-1")}, ["cpu[0]", "cpu"]),
        ({"memory": per_try("1GB", "-1Mi")}, ["memory[try 1]", "memory[try 2]"]),
        ({"memory": per_try.doubling(1, up_to="x")}, ["memory.first", "memory.up_to"]),
        ({"gpu": {"cpu": "x"}}, ["gpu", "gpu"]),
    ],
    ids=str,
)
def test_a_part_that_cannot_be_read_hides_no_mistake_of_the_others(
    options: dict[str, Any], found: list[str]
) -> None:
    """Neither that of its key, nor those of its siblings, each at the position that its author gave it."""
    assert problems_of(**options) == found


@pytest.mark.parametrize(
    ("secret", "found"),
    [
        (AirflowSecret("env", None, "A_b"), "secrets[1]='A_b'"),
        (AirflowSecret("volume", "/d", "A_b"), "secrets[1]='A_b'"),
        (AirflowSecret("volume", "d", "db"), "secrets[1]='d'"),
        (AirflowSecret("volume", "/dev/shm", "db"), "secrets='/dev/shm'"),  # noqa: S108  # a path in the pod
        (AirflowSecret("env", "A", "A_b", "K"), "secrets['K'].name='A_b'"),
    ],
    ids=str,
)
def test_a_secret_of_airflows_own_is_named_where_it_is_written(secret: Any, found: str) -> None:
    """Its author has written neither ``env_from`` nor ``volumes``, also where it is in another layer."""
    options = {"secrets": ["TOKEN", secret], "env_from": ["secret/db"], "shared_memory": "1Gi"}
    with pytest.raises(SpecError, match="1 problem") as caught:
        k8s_config(**options)
    assert str(caught.value).partition("  - ")[2].startswith(found)
    with new_dag(default_args=options), pytest.raises(SpecError, match="1 problem") as caught:
        K8sBashOperator(task_id="it", bash_command="true", env_from=["configmap/a"], memory="1Gi")
    assert str(caught.value).partition("  - ")[2].startswith(f"default_args of the DAG: {found}")


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
