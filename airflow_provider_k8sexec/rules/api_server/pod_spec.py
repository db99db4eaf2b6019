"""What the API server takes in a pod's spec as a whole.

Source: https://kubernetes.io/docs/concepts/workloads/pods/
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import is_sidecar, maps_at
from airflow_provider_k8sexec.options.manifests import CONTAINERS, SIDES, identity_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity, format_bytes
from airflow_provider_k8sexec.options.resource_names import is_pod_resource
from airflow_provider_k8sexec.rules.api_server.amounts import check_within_pod, is_kubernetes_resource
from airflow_provider_k8sexec.rules.api_server.checks import check_repeats, check_repeats_of
from airflow_provider_k8sexec.rules.api_server.security import check_host_namespaces
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

GRACE_PERIOD = 30
"""The seconds that Kubernetes gives a pod to end, unless it says otherwise."""


def check_pod_spec(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check the parts of a pod's spec, each as far as it has its right shape."""
    yield from _names(path, part)
    constraints = maps_at(path, part, "topologySpreadConstraints")
    keys = identity_of("topologySpreadConstraints")
    yield from check_repeats((here, [item.get(key) for key in keys]) for here, item in constraints)
    yield from _host_ports(maps_at(path, part, "containers"), host_network=bool(part.get("hostNetwork")))
    yield from _hostname(path, part)
    if part.get("shareProcessNamespace") and part.get("hostPID"):
        yield Finding(
            (*path, "shareProcessNamespace"), "True", "contradicts hostPID", "remove one", code="K8S206"
        )
    if part.get("dnsPolicy") == "None" and not (part.get("dnsConfig") or {}).get("nameservers"):
        reason = "leaves the pod without a name server"
        yield Finding(
            (*path, "dnsPolicy"), "'None'", reason, "write dnsConfig with nameservers", code="K8S206"
        )
    if "priority" in part:
        reason = "is computed by Kubernetes from the pod's priorityClassName"
        yield Finding(
            (*path, "priority"), show(part["priority"]), reason, "write 'priorityClassName'", code="K8S206"
        )
    yield from check_host_namespaces(path, part)
    yield from _ends(path, part)
    yield from _pod_resources(path, part)


def _names(path: Path, part: Manifest) -> Iterator[Finding]:
    containers, inits = maps_at(path, part, "containers"), maps_at(path, part, "initContainers")
    for here, container in inits:
        yield from _init_container(here, container)
    others = [(here, container) for here, container in inits if container.get("name") != WORKER_CONTAINER]
    yield from check_repeats_of([*containers, *others], "name", "give each a name of its own")
    for kind in ("resourceClaims", "schedulingGates", "volumes"):
        yield from check_repeats_of(maps_at(path, part, kind), "name")


def _init_container(path: Path, container: Mapping[str, Any]) -> Iterator[Finding]:
    """A container which ends before the task has nothing that is for one that stays."""
    if container.get("name") == WORKER_CONTAINER:
        reason = "is the name of the worker's own container"
        yield Finding(path, show(WORKER_CONTAINER), reason, "choose another name", code="K8S206")
    if is_sidecar(container):
        return
    for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key) is not None:
            reason = "is given for an init container, which ends before the task begins"
            yield Finding(
                (*path, key), "", reason, "remove it, or make it one of the sidecars", code="K8S206"
            )


def _host_ports(containers: list[tuple[Path, Any]], *, host_network: bool) -> Iterator[Finding]:
    taken = []
    for path, container in containers:
        for here, port in maps_at(path, container, "ports"):
            of_node = port_of_node(port, host_network=host_network)
            host_port = of_node[0] if of_node else None
            if host_network and host_port != port.get("containerPort"):
                reason = "is not the containerPort, and hostNetwork has no other"
                yield Finding((*here, "hostPort"), show(host_port), reason, "remove it", code="K8S206")
            if of_node:
                taken.append((here, of_node))
    yield from check_repeats(taken)


def port_of_node(port: Mapping[str, Any], *, host_network: bool) -> list[object]:
    """Give what a port takes of its node: number, protocol and address; nothing if it takes none."""
    number = port.get("hostPort") or (port.get("containerPort") if host_network else None)
    return [number, port.get("protocol") or "TCP", port.get("hostIP")] if number else []


def _hostname(path: Path, part: Manifest) -> Iterator[Finding]:
    for other in ("hostNetwork", "setHostnameAsFQDN"):
        if part.get("hostnameOverride") and part.get(other):
            given = show(part["hostnameOverride"])
            yield Finding(
                (*path, "hostnameOverride"), given, f"contradicts {other}", "remove one", code="K8S206"
            )


def _ends(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check how containers are stopped, and whether they begin anew: a worker's pod runs once."""
    grace = part.get("terminationGracePeriodSeconds")
    grace = GRACE_PERIOD if grace is None else grace
    for kind in CONTAINERS:
        for here, container in maps_at(path, part, kind):
            for event, handler in (container.get("lifecycle") or {}).items():
                seconds = ((handler if isinstance(handler, dict) else {}).get("sleep") or {}).get("seconds")
                if seconds is not None and seconds > grace:
                    at = (*here, "lifecycle", event, "sleep", "seconds")
                    reason = f"is more than the {grace} seconds that the pod has to end"
                    yield Finding(
                        at,
                        show(seconds),
                        reason,
                        "write fewer, or more terminationGracePeriodSeconds",
                        code="K8S206",
                    )
            if kind == "containers" and part.get("restartPolicy", "Never") == "Never":
                yield from _resize(here, container)


def _resize(path: Path, container: Mapping[str, Any]) -> Iterator[Finding]:
    for here, policy in maps_at(path, container, "resizePolicy"):
        if policy.get("restartPolicy") == "RestartContainer":
            at, reason = (*here, "restartPolicy"), "restarts a container of a pod that restarts none"
            yield Finding(at, "'RestartContainer'", reason, "write 'NotRequired'", code="K8S206")


def _pod_resources(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check the amounts of the pod as a whole against those of its containers."""
    whole = part.get("resources") or {}
    for side in SIDES:
        for name in whole.get(side) or {}:
            # Of a name that no container has either, the rule of its resources reports that.
            if not is_pod_resource(name) and ("/" in name or is_kubernetes_resource(name)):
                at, reason = (*path, "resources", side, name), "is not a resource of a pod as a whole"
                yield Finding(
                    at, show(whole[side][name]), reason, "write it in a container's resources", code="K8S203"
                )
    if whole.get("claims"):
        at, reason = (*path, "resources", "claims"), "are of containers, and not of a pod as a whole"
        yield Finding(at, "", reason, "write them in a container's resources", code="K8S203")
    limits = {name: _quantity(given) for name, given in (whole.get("limits") or {}).items()}
    for name, given in (whole.get("requests") or {}).items():
        needed = sum((_request(item, name) for _, item in maps_at(path, part, "containers")), Decimal(0))
        amount = _quantity(given)
        if amount is not None and amount.number < needed:
            least = Quantity(f"{needed:f}" if name == "cpu" else format_bytes(needed))
            at = (*path, "resources", "requests", name)
            reason = "is less than its containers request together"
            yield Finding(at, show(given), reason, f"write at least '{least}'", code="K8S203")
            limits[name] = max(least, limits.get(name) or least)  # what it is once that is written
    for here, container in maps_at(path, part, "containers"):  # of init containers, the server compares none
        for name, given in ((container.get("resources") or {}).get("limits") or {}).items():
            at = (*here, "resources", "limits", name)
            yield from check_within_pod(at, _quantity(given), limits.get(name))


def _request(container: Mapping[str, Any], name: str) -> Decimal:
    """Give what a container requests: its limit, where it names no request."""
    resources = container.get("resources") or {}
    sides = [(resources.get(side) or {}).get(name) for side in SIDES]
    return next((amount.number for given in sides if (amount := _quantity(given)) is not None), Decimal(0))


def _quantity(given: Any) -> Quantity | None:
    try:
        return None if given is None else Quantity(str(given))
    except ValueError:
        return None
