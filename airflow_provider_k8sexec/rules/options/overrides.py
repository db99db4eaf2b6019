"""Rules about the escape hatch: a hand-written pod that Airflow merges into the worker's.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import show, show_shape
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.rules.api_server.names import DNS_LABEL
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.rules.options.containers import check_container
from airflow_provider_k8sexec.rules.options.metadata import (
    check_annotation_mapping,
    check_label_mapping,
    check_toleration,
)
from airflow_provider_k8sexec.rules.options.resources import check_order, each_try

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest

_FIELD = "pod_override"


def check_override(declaration: Declaration) -> Iterator[Problem]:
    """The override is a pod, in every field that Kubernetes knows."""
    pod = declaration.pod_override
    spec = pod.get("spec")
    whole = {**pod, "spec": {"containers": [], **spec}} if isinstance(spec, dict) else pod
    shape = check_manifest(whole, "V1Pod", _FIELD)
    yield from shape
    if not shape:
        yield from _check_pod(pod)


def _texts(items: Iterable[Manifest], field: str) -> set[str]:
    return {item[field] for item in items if isinstance(item.get(field), str)}


def check_claims(declaration: Declaration) -> Iterator[Problem]:
    """What the override's worker container sets, no option sets as well."""
    worker = next((item for item in _containers(declaration) if item.get("name") == WORKER_CONTAINER), {})
    variables = _texts(_maps(worker.get("env")), "name")
    for name in sorted(variables & declaration.env.keys()):
        reason = "is an environment variable of pod_override and of env_vars or secrets"
        yield Problem(_FIELD, repr(name), reason, "leave one of the two out")
    paths = {posixpath.normpath(path) for path in _texts(_maps(worker.get("volumeMounts")), "mountPath")}
    for path in sorted(paths & declaration.mounts.keys()):
        reason = "is a mount path of pod_override and of volumes or secrets"
        yield Problem(_FIELD, repr(path), reason, "leave one of the two out")
    containers = _texts(_containers(declaration), "name")
    for name in sorted(containers & {*declaration.init_containers, *declaration.sidecars}):
        reason = "names a container of pod_override and one of init_containers or sidecars"
        yield Problem(_FIELD, repr(name), reason, "give each a name of its own")
    yield from _check_merged_bounds(declaration, worker.get("resources"))


def _check_merged_bounds(declaration: Declaration, resources: Any) -> Iterator[Problem]:
    """A request and a limit of which the override gives one and an option the other."""
    given = resources if isinstance(resources, dict) else {}
    for option in ("cpu", "memory", "ephemeral_storage"):
        for field, bounds in each_try(option, getattr(declaration, option)):
            if bounds.request and bounds.limit:
                continue
            side = "limits" if bounds.limit is None else "requests"
            amounts = given[side] if isinstance(given.get(side), dict) else {}
            with suppress(ValueError, KeyError):
                other = Quantity(str(amounts[option.replace("_", "-")]))
                place = f"{field} and {_FIELD}"
                yield from check_order(place, bounds.request or other, bounds.limit or other)


def _check_pod(pod: Manifest) -> Iterator[Problem]:
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    for key in ("name", "generateName"):
        if key in metadata:
            reason = "replaces the name that the executor gives each pod"
            yield Problem(f"{_FIELD}['metadata'][{key!r}]", show(metadata[key]), reason, "leave it out")
    labels, annotations = metadata.get("labels") or {}, metadata.get("annotations") or {}
    yield from check_label_mapping(f"{_FIELD}['metadata']['labels']", labels)
    yield from check_annotation_mapping(f"{_FIELD}['metadata']['annotations']", annotations)
    yield from _check_spec(spec)


def _check_spec(spec: Manifest) -> Iterator[Problem]:
    field = f"{_FIELD}['spec']"
    if spec.get("restartPolicy", "Never") != "Never":
        reason = "would start a finished task once more"
        value = show(spec["restartPolicy"])
        yield Problem(f"{field}['restartPolicy']", value, reason, "write 'Never', or leave it out")
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            yield from check_container(f"{field}[{kind!r}][{index}]", container)
    if any(container["name"] == WORKER_CONTAINER for container in spec.get("initContainers") or []):
        reason = "is the name of the worker's own container"
        yield Problem(f"{field}['initContainers']", repr(WORKER_CONTAINER), reason, "choose another name")
    for index, toleration in enumerate(spec.get("tolerations") or []):
        yield from check_toleration(f"{field}['tolerations'][{index}]", toleration)
    names = [volume["name"] for volume in spec.get("volumes") or []]
    for name in names:
        yield from DNS_LABEL.check(f"{field}['volumes']", name)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"{field}['volumes']", repr(name), "stands there twice", "leave one of the two out")
    yield from _check_worker(f"{field}['containers']", spec.get("containers") or [])


def _check_worker(field: str, containers: list[Manifest]) -> Iterator[Problem]:
    names = [container["name"] for container in containers]
    if names and WORKER_CONTAINER not in names:
        reason = f"has no container {WORKER_CONTAINER!r}, and Airflow would put the task into {names[0]!r}"
        yield Problem(field, show(names), reason, f"name the worker's container {WORKER_CONTAINER!r}")
    for container in containers:
        if container["name"] != WORKER_CONTAINER:
            continue
        for key in ("command", "args"):
            if container.get(key):
                reason = f"replaces the {key} by which Airflow runs the task"
                yield Problem(f"{field}[...][{key!r}]", show_shape(container[key]), reason, "leave it out")


def _spec(declaration: Declaration) -> Manifest:
    spec = declaration.pod_override.get("spec")
    return spec if isinstance(spec, dict) else {}


def _containers(declaration: Declaration) -> list[Manifest]:
    return _maps(_spec(declaration).get("containers"))


def _maps(items: Any) -> list[Manifest]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
