"""What runs beside the worker: how it ends, and how Airflow merges it with the template's containers.

Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import containers_at, maps_at, maps_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.pod_spec import port_of_node
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

_TWICE = "is also a port of the pod template, and Airflow adds the ports of both"
_KINDS = {"containers": "initContainers", "initContainers": "containers"}


def check_ends(pod: Manifest, known: Collection[object] = ()) -> Iterator[Finding]:
    """A pod ends with its worker, and so has no other regular container but those that are known."""
    containers = maps_at(("spec",), pod.get("spec"), "containers")
    names = [container.get("name") for _, container in containers]
    for (path, _), name in zip(containers, names, strict=True):
        if WORKER_CONTAINER in names and name != WORKER_CONTAINER and name not in known:
            reason = "runs beside the task, and the pod ends only when all of its containers have ended"
            remedy = "write it under initContainers with restartPolicy: Always, which ends with the task"
            yield Finding(path, show(name), reason, remedy, code="K8S408")


def check_ends_of_task(requested: RequestedPod) -> Iterator[Finding]:
    """A task's pod ends with its worker; what the template has beside that is the template's mistake."""
    yield from check_ends(requested.pod, [item.get("name") for item in _of_template(requested)])


def check_kinds(requested: RequestedPod) -> Iterator[Finding]:
    """A container is no regular one here and an init container in the template: both would be in the pod."""
    for kind, other in _KINDS.items():
        names = [item.get("name") for item in maps_of(requested.template_spec.get(other))]
        for path, container in maps_at(("spec",), requested.spec, kind):
            name = container.get("name")
            if name in names and name != WORKER_CONTAINER:
                reason = (
                    f"is also the name of a container under {other} of the pod template, and the pod has both"
                )
                yield Finding(
                    (*path, "name"), show(name), reason, "choose another name, or remove it", code="K8S309"
                )


def check_positions(requested: RequestedPod) -> Iterator[Finding]:
    """A regular container is not merged with another one of the template: Airflow goes by position."""
    for path, container in maps_at(("spec",), requested.spec, "containers"):
        merged = _at_position(requested, path)
        name, below = container.get("name"), (container if merged is None else merged).get("name")
        if name not in (below, WORKER_CONTAINER) and below != WORKER_CONTAINER:
            reason = f"is merged with {below!r} of the pod template, because Airflow merges by position"
            remedy = "write it under initContainers with restartPolicy: Always"
            yield Finding(path, show(name), reason, remedy, code="K8S309")


def check_ports(requested: RequestedPod) -> Iterator[Finding]:
    """A port is none of the template's: Airflow adds the ports of both, and the server refuses one twice."""
    host_network = bool(requested.spec.get("hostNetwork") or requested.template_spec.get("hostNetwork"))
    for path, container in containers_at(requested.pod):
        is_regular = "containers" in path
        merged = _at_position(requested, path) if is_regular else requested.template_container(container)
        below = maps_of((merged or {}).get("ports"))
        # What runs at the same time shares the ports of the node.
        beside = _ports_of_template(requested) if is_regular else below
        taken = [port_of_node(port, host_network=host_network) for port in beside]
        for here, port in maps_at(path, container, "ports"):
            of_node = port_of_node(port, host_network=host_network)
            if port.get("name") and port["name"] in [other.get("name") for other in below]:
                yield Finding(
                    (*here, "name"),
                    show(port["name"]),
                    _TWICE,
                    "remove the port, or rename it",
                    code="K8S309",
                )
            elif of_node and of_node in taken:
                field = "hostPort" if port.get("hostPort") else "containerPort"
                yield Finding((*here, field), show(of_node[0]), _TWICE, "remove the port", code="K8S309")


def _ports_of_template(requested: RequestedPod) -> list[Mapping[str, Any]]:
    return [port for container in _of_template(requested) for port in maps_of(container.get("ports"))]


def _at_position(requested: RequestedPod, path: Path) -> Mapping[str, Any] | None:
    """Give the template's regular container with which Airflow merges one; ``None`` if it has none there."""
    of_template, position = _of_template(requested), path[-1]
    return of_template[position] if isinstance(position, int) and position < len(of_template) else None


def _of_template(requested: RequestedPod) -> list[Mapping[str, Any]]:
    return maps_of(requested.template_spec.get("containers"))
