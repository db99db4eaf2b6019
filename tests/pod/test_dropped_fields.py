"""Which fields of a pod a server has left out: by absence alone, in lists that admission may have changed."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec.options.paths import write_field
from airflow_provider_k8sexec.pod.dropped_fields import find_dropped_fields


def worker(**fields: Any) -> dict[str, Any]:
    """Give the spec of a pod with one container."""
    return {"containers": [{"name": "base", "image": "a", **fields}]}


INJECTED = {"name": "istio-proxy", "image": "istio"}
TRUSTED = {"clusterTrustBundle": {"name": "a", "path": "b"}}
A, B = {"key": "a", "operator": "Exists"}, {"key": "b", "operator": "Exists"}
PODS: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "an amount is written in another form": (
        worker(resources={"limits": {"cpu": "1000m"}}),
        worker(resources={"limits": {"cpu": "1"}}),
        [],
    ),
    "a default is added": ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}, "dnsPolicy": "ClusterFirst"}, []),
    "what is empty, false or 0 is left out": (
        worker(env=[{"name": "A", "value": ""}], tty=False, ports=[], resources={}) | {"hostNetwork": False},
        worker(env=[{"name": "A"}]),
        [],
    ),
    "a value is changed": (worker(image="a"), worker(image="mirror/a"), []),
    "a field is lost": (
        worker(lifecycle={"stopSignal": "SIGUSR1"}),
        worker(),
        ["spec.containers[0].lifecycle"],
    ),
    "a field is lost beside another": (
        worker(lifecycle={"stopSignal": "SIGUSR1", "preStop": {"exec": {}}}),
        worker(lifecycle={"preStop": {"exec": {}}}),
        ["spec.containers[0].lifecycle.stopSignal"],
    ),
    "a false field is lost with what holds it": (
        worker(lifecycle={"preStop": {"sleep": {"seconds": 0}}}),
        worker(lifecycle={"preStop": {}}),
        ["spec.containers[0].lifecycle.preStop.sleep"],
    ),
    "a container is put before the others": (
        worker(stdin=True),
        {"containers": [INJECTED, *worker()["containers"]]},
        ["spec.containers[0].stdin"],
    ),
    "a container is lost": (
        {"containers": [*worker()["containers"], INJECTED]},
        worker(),
        ["spec.containers[1]"],
    ),
    "an item without a name loses a field": (
        {"volumes": [{"name": "v", "projected": {"sources": [TRUSTED, {"secret": {"name": "s"}}]}}]},
        {"volumes": [{"name": "v", "projected": {"sources": [{}, {"secret": {"name": "s"}}]}}]},
        ["spec.volumes[0].projected.sources[0].clusterTrustBundle"],
    ),
    "items without a name are put before others": (
        {"tolerations": [A, B]},
        {"tolerations": [{"key": "node", "operator": "Exists", "tolerationSeconds": 300}, B, A]},
        [],
    ),
    "an item without a name is lost": (
        {"tolerations": [A, B]},
        {"tolerations": [A]},
        ["spec.tolerations[1]"],
    ),
    "a variable is defined twice": (
        worker(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        worker(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        [],
    ),
    "a whole list is lost": ({"resourceClaims": [{"name": "g"}]}, {}, ["spec.resourceClaims"]),
}


@pytest.mark.parametrize(("sent", "kept", "lost"), PODS.values(), ids=PODS)
def test_a_field_is_lost_where_the_server_has_none(
    sent: dict[str, Any], kept: dict[str, Any], lost: list[str]
) -> None:
    """Each is named once, by its path in what was sent; nothing is reported that means the same."""
    found = find_dropped_fields({"spec": sent}, {"spec": kept, "status": {}})
    assert [write_field(path) for path in found] == lost


def test_labels_and_annotations_are_compared_and_the_rest_of_the_metadata_is_not() -> None:
    """The server has its own times, names and owners; what a task requests is in these two."""
    sent = {
        "metadata": {"name": "t", "creationTimestamp": "x", "labels": {"a": "1"}, "annotations": {"b/c": "2"}}
    }
    assert find_dropped_fields(sent, {"metadata": {"annotations": {"b/c": "2"}}}) == [
        ("metadata", "labels", "a")
    ]
