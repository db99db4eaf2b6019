"""What runs beside the worker ends with it, is of one kind, and is merged with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from airflow_lines import launched_pod
from kubernetes.client import models as k8s

from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules import check_manifest, check_meaning
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"name": "base"}
GIT_SYNC = {"name": "git-sync", "image": "git-sync:4"}
PROXY = {"name": "proxy", "image": "proxy:1"}
NATIVE = {**GIT_SYNC, "restartPolicy": "Always"}
NODES = {"containerPort": 81, "hostPort": 8080}
PLAIN: dict[str, Any] = {"spec": {"containers": [BASE]}}


def find(spec: dict[str, Any], template: dict[str, Any] | None) -> tuple[list[str], list[str]]:
    """Give what is wrong with a hand-written pod over a template, and what is doubtful, without remedies."""
    requested = RequestedPod.of_manifest({"spec": spec}, "pod_override", template=template)
    found = check_meaning(requested, Deployment())
    return [f"{it.field}={it.value} {it.reason}" for it in found.errors], [
        f"{it.field}={it.value} {it.reason}" for it in found.warnings
    ]


def pod(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    """Make a template."""
    return {"spec": {"containers": [*containers], "initContainers": [*init]}}


@pytest.mark.parametrize("template", [None, PLAIN])
def test_a_regular_container_of_a_task_is_doubtful(template: dict[str, Any] | None) -> None:
    """The pod runs on when the task has ended, until that container ends, too."""
    _, doubts = find({"containers": [BASE, GIT_SYNC]}, template)
    assert [doubt.partition("['spec']")[2] for doubt in doubts] == [
        (
            "['containers'][1]='git-sync' runs beside the task, and the pod ends only when all of its "
            "containers have ended"
        )
    ]
    assert find({"containers": [BASE], "initContainers": [NATIVE]}, template) == ([], [])


def test_a_regular_container_of_the_template_is_no_fault_of_the_task() -> None:
    """A task may change what the template has beside the worker."""
    assert find({"containers": [BASE, GIT_SYNC]}, pod(BASE, GIT_SYNC)) == ([], [])


@pytest.mark.parametrize(
    ("spec", "template", "other"),
    [
        ({"containers": [BASE, GIT_SYNC]}, pod(BASE, init=(NATIVE,)), "initContainers"),
        ({"containers": [BASE], "initContainers": [NATIVE]}, pod(BASE, GIT_SYNC), "containers"),
    ],
)
def test_a_name_of_two_kinds_of_containers_is_refused(
    spec: dict[str, Any], template: dict[str, Any], other: str
) -> None:
    """Airflow merges each kind for itself, and the API server refuses a name that a pod has twice."""
    errors, _ = find(spec, template)
    assert [error.partition("=")[2] for error in errors] == [
        f"'git-sync' is also the name of a container under {other} of the pod template, and the pod has both"
    ]
    assert find(spec, None)[0] == []


def test_a_container_that_airflow_merges_with_another_is_doubtful() -> None:
    """Airflow merges regular containers by position: the proxy would get other fields of git-sync."""
    _, doubts = find({"containers": [BASE, PROXY]}, pod(BASE, GIT_SYNC))
    reason = "is merged with 'git-sync' of the pod template, because Airflow merges by position"
    assert f"pod_override['spec']['containers'][1]='proxy' {reason}" in doubts


@pytest.mark.parametrize("policy", ["Always", "OnFailure"])
def test_a_worker_that_restarts_is_refused(policy: str) -> None:
    """A container's own policy starts a finished task once more, whatever the pod's is."""
    requested = RequestedPod.of_manifest(
        {"spec": {"containers": [{**BASE, "restartPolicy": policy}], "initContainers": [NATIVE]}},
        "pod_override",
    )
    (problem,) = check_manifest(requested)
    assert str(problem) == (
        f"pod_override['spec']['containers'][0]['restartPolicy']={policy!r} would start a finished task once "
        "more; write 'Never', or remove it."
    )


def test_a_port_that_the_template_has_is_refused() -> None:
    """Airflow adds the ports of a task to those of the template, and the server refuses a name twice."""
    metrics = {"name": "metrics", "containerPort": 9102}
    ours = {**BASE, "ports": [{"containerPort": 8080}, metrics]}
    errors, _ = find({"containers": [ours]}, pod({**BASE, "ports": [{"containerPort": 80}, metrics]}))
    assert errors == [
        (
            "pod_override['spec']['containers'][0]['ports'][1]['name']='metrics' is also a port of the pod "
            "template, and Airflow adds the ports of both"
        )
    ]
    assert find({"containers": [ours]}, PLAIN) == ([], [])
    sidecar = {**NATIVE, "ports": [metrics]}
    errors, _ = find({"initContainers": [sidecar]}, pod(BASE, init=(sidecar,)))
    assert len(errors) == 1
    assert find({"initContainers": [sidecar]}, pod(BASE, init=(NATIVE,))) == ([], [])


@pytest.mark.parametrize(
    "template", [pod({**BASE, "ports": [NODES]}), pod(BASE, {**PROXY, "ports": [NODES]})]
)
def test_a_port_of_the_node_that_the_template_takes_is_refused(template: dict[str, Any]) -> None:
    """The regular containers of a pod share the ports of its node, and all of theirs on its network."""
    ours = {"containers": [{**BASE, "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    errors, _ = find(ours, template)
    assert [error.partition("['ports']")[2] for error in errors] == [
        "[0]['hostPort']=8080 is also a port of the pod template, and Airflow adds the ports of both"
    ]
    inside = {"containers": [{**BASE, "ports": [{"containerPort": 8080}]}]}
    assert find(inside, template) == ([], [])
    assert len(find({**inside, "hostNetwork": True}, template)[0]) == 1


def test_a_pod_of_any_shape_is_looked_at() -> None:
    """What does not fit is other rules' matter."""
    names = [{"name": name, "env": [{"name": name, "value": "$(A)"}]} for name in (5, ["a"], {"a": 1})]
    for odd in (None, 5, "text", [None], names, [{}]):
        find({"containers": odd, "initContainers": odd}, {"spec": {"containers": odd}})


def test_airflow_merges_as_these_rules_say(tmp_path: Path) -> None:
    """Regular containers are merged by position, whatever their names; init containers apart from them."""
    template = pod(BASE, {**GIT_SYNC, "args": ["--period=30s"]}, init=({**PROXY, "restartPolicy": "Always"},))
    path = tmp_path / "template.yaml"
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", **template}), encoding="utf-8")
    by_hand = k8s.V1PodSpec(
        containers=[k8s.V1Container(name="base"), k8s.V1Container(name="proxy", image="proxy:1")]
    )
    spec = launched_pod({"pod_override": k8s.V1Pod(spec=by_hand)}, path)["spec"]
    assert [(item["name"], item.get("args")) for item in spec["containers"][1:]] == [
        ("proxy", ["--period=30s"])
    ]
    assert [item["name"] for item in spec["initContainers"]] == ["proxy"]
