"""Whether two pods are the same, to Kubernetes and to the task; and if not, which field differs."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_strategies import UNKNOWN_FIELD, overrides
from properties import examples

from airflow_provider_k8sexec.pod.annotations import EXACT_ANNOTATION
from airflow_provider_k8sexec.pod.same_pod import find_difference, find_difference_of_overrides

if TYPE_CHECKING:
    import random

Pod = dict[str, Any]


def worker(**fields: Any) -> Pod:
    """Give a pod with one container."""
    return {"spec": {"containers": [{"name": "base", **fields}]}}


def spec(**fields: Any) -> Pod:
    """Give a pod with some fields of its spec."""
    return {"spec": {"containers": [{"name": "base", "image": "a"}], **fields}}


def mounting(volumes: dict[str, Any], *mounts: dict[str, Any]) -> Pod:
    """Give a pod with volumes, by their names, and the mounts of its worker."""
    return {
        "spec": {
            "containers": [{"name": "base", "volumeMounts": list(mounts)}],
            "volumes": [{"name": name, **source} for name, source in volumes.items()],
        }
    }


def at(path: str, name: str, **fields: Any) -> dict[str, Any]:
    """Give a mount."""
    return {"name": name, "mountPath": path, **fields}


def literal(name: str, value: str) -> dict[str, Any]:
    """Give a variable with a value."""
    return {"name": name, "value": value}


def secret(name: str, key: str, **fields: Any) -> dict[str, Any]:
    """Give a variable from a secret."""
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": "warehouse", "key": key, **fields}}}


def claim(name: str, **fields: Any) -> dict[str, Any]:
    """Give the source that is a claim."""
    return {"persistentVolumeClaim": {"claimName": name, **fields}}


MOUNTED = "spec.containers[base].volumeMounts[/d].volume"
SCRATCH: dict[str, Any] = {"emptyDir": {}}
A, B = {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}

SAME: dict[str, tuple[Pod, Pod]] = {
    "amounts of other units": (
        worker(resources={"requests": {"cpu": 0.5, "memory": "1024Mi"}, "limits": {"cpu": "1000m"}}),
        worker(resources={"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"cpu": 1}}),
    ),
    "the size of a volume in another unit": (
        mounting({"a": {"emptyDir": {"sizeLimit": "2Gi"}}}, at("/d", "a")),
        mounting({"a": {"emptyDir": {"sizeLimit": "2048Mi"}}}, at("/d", "a")),
    ),
    "devices by their limit alone": (
        worker(resources={"limits": {"nvidia.com/gpu": "1"}}),
        worker(resources={"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 1}}),
    ),
    "the service account by its old name as well": (
        spec(serviceAccount="other", serviceAccountName="etl"),
        spec(serviceAccountName="etl"),
    ),
    "metadata without fields": ({"metadata": {"labels": {}}, **spec()}, spec()),
    "the divisor of a variable in another unit": (
        worker(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "x", "divisor": "1Gi"}}}]),
        worker(
            env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "x", "divisor": "1024Mi"}}}]
        ),
    ),
    "the overhead in another unit": (spec(overhead={"cpu": "1"}), spec(overhead={"cpu": "1000m"})),
    "a volume of another name": (
        mounting({"a": claim("lake")}, at("/d", "a")),
        mounting({"b": claim("lake")}, at("/d", "b")),
    ),
    "two volumes of one claim": (
        mounting({"a": claim("lake"), "b": claim("lake")}, at("/d", "a"), at("/e", "b")),
        mounting({"c": claim("lake")}, at("/d", "c"), at("/e", "c")),
    ),
    "two volumes of one claim, of which one is for reading": (
        mounting({"a": claim("lake", readOnly=True), "b": claim("lake")}, at("/d", "a"), at("/e", "b")),
        mounting({"c": claim("lake")}, at("/d", "c", readOnly=True), at("/e", "c")),
    ),
    "a mount for reading of a claim for reading": (
        mounting({"a": claim("lake", readOnly=True)}, at("/d", "a", readOnly=True)),
        mounting({"a": claim("lake", readOnly=True)}, at("/d", "a")),
    ),
    "mounts and volumes in another order": (
        mounting({"a": SCRATCH, "b": claim("lake")}, at("/d", "a"), at("/e", "b")),
        mounting({"b": claim("lake"), "a": SCRATCH}, at("/e", "b"), at("/d", "a")),
    ),
    "one directory at two paths, of another name": (
        mounting({"a": SCRATCH}, at("/d", "a"), at("/e", "a")),
        mounting({"b": SCRATCH}, at("/e", "b"), at("/d", "b")),
    ),
    "variables in another order": (
        worker(env=[literal("A", "1"), secret("B", "b"), literal("C", "$(B)$(A)")]),
        worker(env=[secret("B", "b"), literal("A", "1"), literal("C", "$(B)$(A)")]),
    ),
    "a variable that is defined twice, and used in between": (
        worker(env=[literal("A", "1"), literal("B", "$(A)!"), literal("A", "2")]),
        worker(env=[literal("A", "2"), literal("B", "1!")]),
    ),
    "a reference to what the pod template defines": (
        worker(env=[literal("A", "$(OUTER)"), literal("B", "1")]),
        worker(env=[literal("B", "1"), literal("A", "$(OUTER)")]),
    ),
    "a secret that was never optional": (
        worker(env=[secret("A", "a", optional=False)]),
        worker(env=[secret("A", "a")]),
    ),
    "an empty value of a variable": (worker(env=[literal("A", "")]), worker(env=[{"name": "A"}])),
    "the version of a reference to a field": (
        worker(
            env=[{"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}}]
        ),
        worker(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}]),
    ),
    "tolerations in another order": (spec(tolerations=[A, B]), spec(tolerations=[B, A])),
    "the operator of a toleration": (
        spec(tolerations=[{"key": "a", "operator": "Equal", "value": "b"}]),
        spec(tolerations=[{"key": "a", "value": "b"}]),
    ),
    "secrets of images in another order": (
        spec(imagePullSecrets=[{"name": "a"}, {"name": "b"}]),
        spec(imagePullSecrets=[{"name": "b"}, {"name": "a"}]),
    ),
    "what is empty, absent or off": (
        {
            "metadata": {"labels": {}, "annotations": None},
            "spec": {
                "containers": [
                    {"name": "base", "image": "a", "env": [], "args": [], "resources": {"limits": {}}}
                ],
                "nodeSelector": {},
                "affinity": {"nodeAffinity": {}},
                "hostNetwork": False,
                "volumes": [],
            },
        },
        spec(),
    ),
    "a mount that may write": (
        mounting({"a": SCRATCH}, at("/d", "a", readOnly=False, subPath="")),
        mounting({"a": SCRATCH}, at("/d", "a")),
    ),
    "the mode of a config map's files": (
        mounting({"a": {"configMap": {"name": "app", "defaultMode": 420}}}, at("/d", "a")),
        mounting({"a": {"configMap": {"name": "app"}}}, at("/d", "a")),
    ),
    "the kind of a pod": ({"apiVersion": "v1", "kind": "Pod", **spec()}, spec()),
    "the record of what the merge would lose": (
        spec(hostNetwork=True) | {"metadata": {"annotations": {EXACT_ANNOTATION: "{}"}}},
        spec(hostNetwork=True),
    ),
}

OTHER: dict[str, tuple[Pod, Pod, str]] = {
    "an amount": (
        worker(resources={"limits": {"memory": "2Gi"}}),
        worker(resources={"limits": {"memory": "2G"}}),
        "spec.containers[base].resources.limits.memory is '2Gi' before, and '2G' after.",
    ),
    "an amount that one lacks": (
        worker(resources={"limits": {"cpu": 1}, "requests": {"cpu": 1}}),
        worker(resources={"limits": {"cpu": 1}}),
        "spec.containers[base].resources.requests is only in the pod before.",
    ),
    "an image": (
        worker(image="a"),
        worker(image="b"),
        "spec.containers[base].image is 'a' before, and 'b' after.",
    ),
    "a value": (
        worker(env=[literal("PASSWORD", "hunter2")]),
        worker(env=[literal("PASSWORD", "hunter3")]),
        "spec.containers[base].env[PASSWORD] differs.",
    ),
    "a label that looks like an amount": (
        {"metadata": {"labels": {"divisor": "1Gi"}}},
        {"metadata": {"labels": {"divisor": "1024Mi"}}},
        "metadata.labels.divisor differs.",
    ),
    "a number for a string": (
        worker(env=[{"name": "A", "value": "1"}]),
        worker(env=[{"name": "A", "value": 1}]),
        "spec.containers[base].env[A] differs.",
    ),
    "a variable above what it refers to": (
        worker(env=[literal("A", "1"), literal("B", "$(A)")]),
        worker(env=[literal("B", "$(A)"), literal("A", "1")]),
        "spec.containers[base].env[B] differs.",
    ),
    "a literal like a reference": (
        worker(env=[literal("A", "$$(B)")]),
        worker(env=[literal("A", "$(B)")]),
        "spec.containers[base].env[A] differs.",
    ),
    "a character that Kubernetes breaks": (
        worker(env=[literal("A", "$é")]),
        worker(env=[literal("A", "$$é")]),
        "spec.containers[base].env[A] differs.",
    ),
    "an optional secret above another definition": (
        worker(env=[literal("A", "1"), secret("A", "a", optional=True)]),
        worker(env=[secret("A", "a", optional=True)]),
        "spec.containers[base].env[A] differs.",
    ),
    "the key of a secret": (
        worker(env=[secret("A", "a")]),
        worker(env=[secret("A", "b")]),
        "spec.containers[base].env[A] differs.",
    ),
    "sources of variables in another order": (
        worker(envFrom=[{"secretRef": {"name": "a"}}, {"secretRef": {"name": "b"}}]),
        worker(envFrom=[{"secretRef": {"name": "b"}}, {"secretRef": {"name": "a"}}]),
        "spec.containers[base].envFrom differs.",
    ),
    "the claim of a volume": (
        mounting({"a": claim("lake")}, at("/d", "a")),
        mounting({"a": claim("pond")}, at("/d", "a")),
        f"{MOUNTED}.persistentVolumeClaim.claimName is 'lake' before, and 'pond' after.",
    ),
    "a claim that may be written": (
        mounting({"a": claim("lake", readOnly=True)}, at("/d", "a")),
        mounting({"a": claim("lake")}, at("/d", "a", readOnly=True)),
        f"{MOUNTED}.persistentVolumeClaim.readOnly is only in the pod before.",
    ),
    "two directories for one": (
        mounting({"a": SCRATCH}, at("/d", "a"), at("/e", "a")),
        mounting({"a": SCRATCH, "b": SCRATCH}, at("/d", "a"), at("/e", "b")),
        f"{MOUNTED}.mountedTogetherWith is only in the pod before.",
    ),
    "a volume that nothing mounts": (
        mounting({"a": SCRATCH, "b": claim("lake")}, at("/d", "a")),
        mounting({"a": SCRATCH}, at("/d", "a")),
        "spec.volumes is only in the pod before.",
    ),
    "a volume of the pod template": (
        mounting({"a": SCRATCH}, at("/d", "a"), at("/e", "dags")),
        mounting({"a": SCRATCH}, at("/d", "a"), at("/e", "logs")),
        "spec.containers[base].volumeMounts[/e].name is 'dags' before, and 'logs' after.",
    ),
    "an attribute of a driver": (
        mounting({"a": {"csi": {"driver": "d", "volumeAttributes": {"token": "hunter2"}}}}, at("/d", "a")),
        mounting({"a": {"csi": {"driver": "d", "volumeAttributes": {"token": "hunter3"}}}}, at("/d", "a")),
        f"{MOUNTED}.csi.volumeAttributes.token differs.",
    ),
    "a field that is on": (spec(hostNetwork=True), spec(), "spec.hostNetwork is only in the pod before."),
    "what Kubernetes would do by itself, over a pod template": (
        spec(restartPolicy="Always"),
        spec(),
        "spec.restartPolicy is only in the pod before.",
    ),
    "an empty selector, which selects all": (
        spec(topologySpreadConstraints=[{"topologyKey": "zone", "labelSelector": {}}]),
        spec(topologySpreadConstraints=[{"topologyKey": "zone"}]),
        "spec.topologySpreadConstraints differs.",
    ),
    "another container": (
        {"spec": {"containers": [{"name": "base"}, {"name": "proxy"}]}},
        {"spec": {"containers": [{"name": "base"}, {"name": "sidecar"}]}},
        "spec.containers differs.",
    ),
    "the amounts of another try": (
        {"metadata": {"annotations": {"k8sexec/per-try": '{"memory": [["1Gi", "1Gi"], ["2Gi", "2Gi"]]}'}}},
        {},
        "metadata is only in the pod before.",
    ),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_what_kubernetes_takes_for_the_same_is_no_difference(before: Pod, after: Pod) -> None:
    """Units, the names of volumes and what order has no meaning do not count, from either side."""
    assert find_difference(before, after) is None
    assert find_difference(after, before) is None


@pytest.mark.parametrize(("before", "after", "difference"), OTHER.values(), ids=OTHER)
def test_a_difference_is_named_without_what_is_not_shown(before: Pod, after: Pod, difference: str) -> None:
    """The author reads which field it is, with amounts and names, and never a value that may be a secret."""
    assert find_difference(before, after) == difference
    assert find_difference(after, before) is not None


def test_an_empty_object_in_an_override_counts() -> None:
    """Airflow's merge takes it for set, and so the pod template's is gone."""
    assert find_difference(worker(resources={}), worker()) is None
    difference = find_difference_of_overrides(worker(resources={}), worker())
    assert difference == "spec is only in the pod before."


def test_what_the_merge_would_lose_counts_in_an_override() -> None:
    """The record sets the field over the pod template's, which a plain false does not."""
    recorded = {"metadata": {"annotations": {EXACT_ANNOTATION: '{"spec": {"hostNetwork": false}}'}}}
    assert find_difference_of_overrides(recorded, {}) == "metadata is only in the pod before."


def test_a_worker_of_which_nothing_is_requested_is_no_difference() -> None:
    """Pod options always have the worker's container; an override that has labels alone needs none."""
    labels = {"metadata": {"labels": {"team": "finance"}}}
    assert find_difference_of_overrides(labels, labels | worker()) is None


@examples(40)
@given(overrides(), st.randoms())
def test_order_and_names_do_not_count_where_they_mean_nothing(pod: Pod, chance: random.Random) -> None:
    """Whatever the pod, the same one with its free lists shuffled and its volumes renamed is the same."""
    assert find_difference(pod, _shuffle(pod, chance)) is None


def _shuffle(pod: Pod, chance: random.Random) -> Pod:
    """Shuffle what is free, and give each volume that is mounted another name."""
    pod = copy.deepcopy(pod)
    containers = [*pod["spec"].get("containers", []), *pod["spec"].get("initContainers", [])]
    for volume in pod["spec"].get("volumes", []) if containers else ():
        volume["name"] = f"other-{volume['name']}"
    for container in containers:
        for mount in container.get("volumeMounts", []):
            mount["name"] = f"other-{mount['name']}"
    for holder in (pod["spec"], *containers):
        for field in ("volumes", "volumeMounts", "tolerations", "imagePullSecrets", "ports"):
            chance.shuffle(holder.get(field, []))
    return pod


@examples(40)
@given(overrides(), st.randoms())
def test_no_leaf_is_changed_unnoticed(pod: Pod, chance: random.Random) -> None:
    """Whatever the pod, one with another value in one place is another pod."""
    leaves = [*_leaves(pod)]
    if leaves:
        path = chance.choice(leaves)
        assert find_difference(pod, _change(pod, path)) is not None, path


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Any:
    """Give the paths to all values that are neither mappings nor lists; names of volumes mean nothing."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(item, (*path, key))
    elif not (path[-1] == "name" and {"volumes", "volumeMounts"} & {*path}):
        yield path


def _change(pod: Pod, path: tuple[Any, ...]) -> Pod:
    pod = copy.deepcopy(pod)
    holder: Any = pod
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = UNKNOWN_FIELD if holder[path[-1]] != UNKNOWN_FIELD else "other"
    return pod
