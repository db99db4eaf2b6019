"""What the API server takes in the containers of a pod, and in the pod as a whole.

Every part is validated by itself: one of a wrong shape hides no mistake of another.
Source: https://kubernetes.io/docs/concepts/workloads/pods/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.combinations import check_repeats
from airflow_provider_k8sexec.rules.api_server.names import ENVIRONMENT_NAME, SECRET_KEY
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.api_server.fields import Check


def _container(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from _distinct(maps_at(path, part, "ports"), "name")
    yield from _distinct(maps_at(path, part, "env"), "name")
    yield from _distinct(maps_at(path, part, "volumeMounts"), "mountPath")
    for kind in ("livenessProbe", "startupProbe"):
        successes = (part.get(kind) or {}).get("successThreshold")
        if successes not in {None, 0, 1}:
            reason = f"is not 1, and a {kind} succeeds at once"
            yield Finding((*path, kind, "successThreshold"), show(successes), reason, "remove it")


def _distinct(items: list[tuple[Path, Any]], key: str, remedy: str = "remove one") -> Iterator[Finding]:
    yield from check_repeats((((*here, key), item[key]) for here, item in items if item.get(key)), remedy)


def _variable_name(path: Path, part: Manifest) -> Iterator[Finding]:
    """A variable has a right name; a key of a secret that gives it its own is reported as a key."""
    name = part.get("name")
    key = ((part.get("valueFrom") or {}).get("secretKeyRef") or {}).get("key")
    if name is not None and (name != key or not any(SECRET_KEY.check(path, key))):
        yield from ENVIRONMENT_NAME.check((*path, "name"), name)


def _init_container(path: Path, container: Mapping[str, Any]) -> Iterator[Finding]:
    """A container which ends before the task has nothing that is for one that stays."""
    if container.get("name") == WORKER_CONTAINER:
        reason = "is the name of the worker's own container"
        yield Finding(path, show(WORKER_CONTAINER), reason, "choose another name")
    if container.get("restartPolicy") == "Always":
        return
    for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key) is not None:
            reason = "is given for an init container, which ends before the task begins"
            yield Finding((*path, key), "", reason, "remove it, or make it one of the sidecars")


def _pod_spec(path: Path, part: Manifest) -> Iterator[Finding]:
    containers, inits = maps_at(path, part, "containers"), maps_at(path, part, "initContainers")
    for here, container in inits:
        yield from _init_container(here, container)
    others = [(here, container) for here, container in inits if container.get("name") != WORKER_CONTAINER]
    yield from _distinct([*containers, *others], "name", "give each a name of its own")
    yield from _distinct(maps_at(path, part, "volumes"), "name")
    yield from _spread_constraints(maps_at(path, part, "topologySpreadConstraints"))
    yield from _host_ports(containers, host_network=bool(part.get("hostNetwork")))
    if part.get("shareProcessNamespace") and part.get("hostPID"):
        yield Finding((*path, "shareProcessNamespace"), "True", "contradicts hostPID", "remove one")
    if part.get("dnsPolicy") == "None" and not (part.get("dnsConfig") or {}).get("nameservers"):
        reason = "leaves the pod without a name server"
        yield Finding((*path, "dnsPolicy"), "'None'", reason, "write dnsConfig with nameservers")


def _spread_constraints(constraints: list[tuple[Path, Any]]) -> Iterator[Finding]:
    keys = ("topologyKey", "whenUnsatisfiable")
    yield from check_repeats((here, [item.get(key) for key in keys]) for here, item in constraints)


def _host_ports(containers: list[tuple[Path, Any]], *, host_network: bool) -> Iterator[Finding]:
    taken = []
    for path, container in containers:
        for here, port in maps_at(path, container, "ports"):
            inside = port.get("containerPort")
            host_port = port.get("hostPort") or (inside if host_network else None)
            if host_network and host_port != inside:
                reason = "is not the containerPort, and hostNetwork has no other"
                yield Finding((*here, "hostPort"), show(host_port), reason, "remove it")
            if host_port:
                taken.append((here, [host_port, port.get("protocol") or "TCP", port.get("hostIP")]))
    yield from check_repeats(taken)


PARTS: dict[str, Check] = {
    "V1Container": _container,
    "V1EnvVar": _variable_name,
    "V1PodSpec": _pod_spec,
}
"""Of each model, what its parts must be, as far as they have a right shape."""
