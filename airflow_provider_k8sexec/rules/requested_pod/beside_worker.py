"""What runs beside the worker: how it ends, and how Airflow merges it with the template's containers.

Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import containers_at, maps_at, maps_of
from airflow_provider_k8sexec.options.problems import show
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
            yield Finding(path, show(name), reason, remedy)


def check_ends_of_task(requested: RequestedPod) -> Iterator[Finding]:
    """A task's pod ends with its worker; what the template has beside that is the template's mistake."""
    yield from check_ends(requested.pod, _names_of_template(requested))


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
                yield Finding((*path, "name"), show(name), reason, "choose another name, or remove it")


def check_positions(requested: RequestedPod) -> Iterator[Finding]:
    """A regular container is not merged with another one of the template: Airflow goes by position."""
    of_template = _names_of_template(requested)
    for path, container in maps_at(("spec",), requested.spec, "containers"):
        name, position = container.get("name"), path[-1]
        below = of_template[position] if isinstance(position, int) and position < len(of_template) else name
        if name not in (below, WORKER_CONTAINER) and below != WORKER_CONTAINER:
            reason = f"is merged with {below!r} of the pod template, because Airflow merges by position"
            remedy = "write it under initContainers with restartPolicy: Always"
            yield Finding(path, show(name), reason, remedy)


def check_ports(requested: RequestedPod) -> Iterator[Finding]:
    """A port is none of the template's: Airflow adds the ports of both, and the server refuses one twice."""
    is_hosts = bool(requested.spec.get("hostNetwork") or requested.template_spec.get("hostNetwork"))
    for path, container in containers_at(requested.pod):
        below = maps_of(_merged_with(requested, path, container).get("ports"))
        # What runs at the same time shares the ports of the node.
        beside = _ports_of_template(requested) if "containers" in path else below
        taken = [_port_of_node(port, is_hosts=is_hosts) for port in beside]
        for here, port in maps_at(path, container, "ports"):
            of_node = _port_of_node(port, is_hosts=is_hosts)
            if port.get("name") and port["name"] in [other.get("name") for other in below]:
                yield Finding((*here, "name"), show(port["name"]), _TWICE, "remove the port, or rename it")
            elif of_node and of_node in taken:
                field = "hostPort" if port.get("hostPort") else "containerPort"
                yield Finding((*here, field), show(of_node[0]), _TWICE, "remove the port")


def _port_of_node(port: Mapping[str, Any], *, is_hosts: bool) -> tuple[object, ...]:
    """Give what a port takes of its node; nothing, if it takes none."""
    number = port.get("hostPort") or (port.get("containerPort") if is_hosts else None)
    return (number, port.get("protocol") or "TCP", port.get("hostIP")) if number else ()


def _ports_of_template(requested: RequestedPod) -> list[Mapping[str, Any]]:
    containers = maps_of(requested.template_spec.get("containers"))
    return [port for container in containers for port in maps_of(container.get("ports"))]


def _merged_with(requested: RequestedPod, path: Path, container: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the template's container that Airflow merges with one: a regular one goes by its position."""
    position = path[-1]
    regular = maps_of(requested.template_spec.get("containers"))
    if "containers" not in path:
        return requested.template_container(container)
    return regular[position] if isinstance(position, int) and position < len(regular) else {}


def _names_of_template(requested: RequestedPod) -> list[object]:
    return [item.get("name") for item in maps_of(requested.template_spec.get("containers"))]
