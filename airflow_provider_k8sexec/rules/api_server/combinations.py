"""What the API server takes in fields that must fit together, by model.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.rules.api_server.fields import (
    Check,
    check_address,
    check_descending,
    check_each,
)
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_SUBDOMAIN,
    check_choice,
    check_label_key,
    check_label_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest


def _one_kind(what: str, *kinds: str) -> Check:
    def check(field: str, part: Manifest) -> Iterator[Problem]:
        given = [kind for kind in kinds if part.get(kind) is not None]
        if len(given) != 1:
            reason = f"is {len(given)} {what}s at once" if given else f"is no {what}"
            yield Problem(field, show(given), reason, f"write one of {', '.join(map(repr, kinds))}")

    return check


def _no_repeats(field: str, items: list[Any], *keys: str) -> Iterator[Problem]:
    seen: list[Any] = []
    for index, item in enumerate(items):
        identity = [item.get(key) for key in keys] if keys else [item]
        if identity in seen:
            reason = "stands there twice"
            shown = show(identity if len(identity) > 1 else identity[0])
            yield Problem(f"{field}[{index}]", shown, reason, "leave one of the two out")
        seen.append(identity)


def _label_requirement(field: str, part: Manifest) -> Iterator[Problem]:
    yield from _requirement(field, part, ())


def _requirement(field: str, part: Manifest, comparisons: tuple[str, ...]) -> Iterator[Problem]:
    operator, values = part["operator"], part.get("values") or []
    yield from check_label_key(f"{field}['key']", part["key"])
    yield from check_choice(
        f"{field}['operator']", operator, ("In", "NotIn", "Exists", "DoesNotExist", *comparisons)
    )
    if operator in {"In", "NotIn"} and not values:
        yield Problem(f"{field}['values']", "[]", f"is empty, and {operator!r} needs some", "write them")
    elif operator in {"Exists", "DoesNotExist"} and values:
        reason = f"are given, and {operator!r} takes none"
        yield Problem(f"{field}['values']", show(values), reason, "leave them out")
    elif operator in comparisons and len(values) != 1:
        reason = f"has {len(values)} values, and {operator!r} compares with one"
        yield Problem(f"{field}['values']", show(values), reason, "write one number, as a string")
    for index, value in enumerate(values):
        yield from check_label_value(f"{field}['values'][{index}]", value)


def _node_selector(field: str, part: Manifest) -> Iterator[Problem]:
    if not part["nodeSelectorTerms"]:
        yield Problem(f"{field}['nodeSelectorTerms']", "[]", "is empty", "write at least one term")


def _node_term(field: str, part: Manifest) -> Iterator[Problem]:
    for index, requirement in enumerate(part.get("matchExpressions") or []):
        yield from _requirement(f"{field}['matchExpressions'][{index}]", requirement, ("Gt", "Lt"))
    for index, requirement in enumerate(part.get("matchFields") or []):
        place = f"{field}['matchFields'][{index}]"
        if requirement["key"] != "metadata.name" or len(requirement.get("values") or []) != 1:
            reason = "is not about one node's name, and no other field of nodes can be asked about"
            yield Problem(place, show(requirement["key"]), reason, "write 'metadata.name' and one value")
        yield from check_choice(f"{place}['operator']", requirement["operator"], ("In", "NotIn"))
        yield from check_each(DNS_SUBDOMAIN.check)(f"{place}['values']", requirement.get("values") or [])


_FIELD_PATHS = ["metadata.name", "metadata.namespace", "metadata.uid"]
_VARIABLE_PATHS = [
    *_FIELD_PATHS,
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
]
_FILE_PATHS = [*_FIELD_PATHS, "metadata.annotations", "metadata.labels"]
_SUBSCRIPT = re.compile(r"metadata\.(?P<map>annotations|labels)\['(?P<key>.*)'\]", re.DOTALL)
_RESOURCES = re.compile(r"(?:limits|requests)\.(?:cpu|memory|ephemeral-storage|hugepages-.+)")
_DIVISORS = {Quantity(f"1{unit}") for unit in ("", *"kMGTPE", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")}
_CPU_DIVISORS = {Quantity("1"), Quantity("1m")}


def _field_path(field: str, path: str, paths: list[str]) -> Iterator[Problem]:
    match = _SUBSCRIPT.fullmatch(path)
    if match is None:
        yield from check_choice(field, path, paths)
    else:
        yield from check_label_key(
            field, match["key"].lower() if match["map"] == "annotations" else match["key"]
        )


def _resource_field(field: str, selector: Manifest) -> Iterator[Problem]:
    resource, divisor = selector["resource"], selector.get("divisor", 0)
    if not _RESOURCES.fullmatch(resource):
        reason = "is no resource that a container can ask about"
        yield Problem(f"{field}['resource']", show(resource), reason, "write for example 'limits.memory'")
        return
    try:
        amount = Quantity(str(divisor))
    except ValueError:
        amount = Quantity("-1")
    if amount.number and amount not in (_CPU_DIVISORS if resource.endswith(".cpu") else _DIVISORS):
        example = "1m" if resource.endswith(".cpu") else "1Mi"
        reason = f"is no unit in which {resource} is told"
        yield Problem(f"{field}['divisor']", show(divisor), reason, f"write for example '{example}'")


def _variable_source(field: str, part: Manifest) -> Iterator[Problem]:
    yield from _references(field, part, _VARIABLE_PATHS)


def _downward_file(field: str, part: Manifest) -> Iterator[Problem]:
    yield from _one_kind("source of a file", "fieldRef", "resourceFieldRef")(field, part)
    yield from _references(field, part, _FILE_PATHS)
    if part.get("resourceFieldRef") and not part["resourceFieldRef"].get("containerName"):
        reason = "does not say whose resource is meant"
        yield Problem(f"{field}['resourceFieldRef']", "", reason, "write 'containerName': 'base'")


def _references(field: str, part: Manifest, paths: list[str]) -> Iterator[Problem]:
    if part.get("fieldRef"):
        yield from _field_path(f"{field}['fieldRef']['fieldPath']", part["fieldRef"]["fieldPath"], paths)
    if part.get("resourceFieldRef"):
        yield from _resource_field(f"{field}['resourceFieldRef']", part["resourceFieldRef"])


def _csi(field: str, part: Manifest) -> Iterator[Problem]:
    secret = part.get("nodePublishSecretRef")
    if secret is not None and not secret.get("name"):
        reason = "is missing, and Kubernetes requires it"
        yield Problem(f"{field}['nodePublishSecretRef']['name']", "", reason, "write the name of the secret")


def _projected(field: str, part: Manifest) -> Iterator[Problem]:
    paths = []
    for source in part.get("sources") or []:
        for projection in source.values():
            paths += [projection.get("path"), *(item.get("path") for item in projection.get("items") or [])]
    yield from _no_repeats(f"{field}['sources'][...]", [path for path in paths if path])


def _seccomp(field: str, part: Manifest) -> Iterator[Problem]:
    kind, profile = part.get("type"), part.get("localhostProfile")
    yield from check_choice(f"{field}['type']", kind, ("RuntimeDefault", "Unconfined", "Localhost"))
    if kind == "Localhost" and not profile:
        reason = "needs the profile's path on the node"
        yield Problem(
            f"{field}['type']", show(kind), reason, "write 'localhostProfile': 'profiles/task.json'"
        )
    elif kind != "Localhost" and profile is not None:
        reason = f"is given, and {kind!r} takes none"
        yield Problem(f"{field}['localhostProfile']", show(profile), reason, "write 'type': 'Localhost'")
    yield from check_descending(f"{field}['localhostProfile']", profile or "")


def _pod_security(field: str, part: Manifest) -> Iterator[Problem]:
    yield from _no_repeats(f"{field}['sysctls']", part.get("sysctls") or [], "name")


def _security(field: str, part: Manifest) -> Iterator[Problem]:
    if part.get("allowPrivilegeEscalation") is not False:
        return
    added = (part.get("capabilities") or {}).get("add") or []
    cause = "privileged" if part.get("privileged") else "CAP_SYS_ADMIN" if "CAP_SYS_ADMIN" in added else None
    if cause:
        reason = f"contradicts {cause}, which is an escalation"
        yield Problem(f"{field}['allowPrivilegeEscalation']", "False", reason, "leave one of the two out")


_HANDLERS = ("exec", "httpGet", "tcpSocket")


def _container(field: str, part: Manifest) -> Iterator[Problem]:
    ports = part.get("ports") or []
    yield from _no_repeats(f"{field}['ports']", [port for port in ports if port.get("name")], "name")
    for kind in ("livenessProbe", "startupProbe"):
        successes = (part.get(kind) or {}).get("successThreshold")
        if successes not in {None, 0, 1}:
            reason = f"is not 1, and a {kind} succeeds at once"
            yield Problem(f"{field}[{kind!r}]['successThreshold']", show(successes), reason, "leave it out")


def _resources(field: str, part: Manifest) -> Iterator[Problem]:
    for side in ("requests", "limits"):
        for name, value in (part.get(side) or {}).items():
            place = f"{field}[{side!r}][{name!r}]"
            if "/" in name:
                yield from check_label_key(place, name)
                yield from _whole_number(place, value)
            elif name not in _RESOURCE_NAMES and not name.startswith("hugepages-"):
                reason = "is no resource that a container can have"
                yield Problem(
                    place, show(value), reason, f"write one of {', '.join(map(repr, _RESOURCE_NAMES))}"
                )


_RESOURCE_NAMES = ("cpu", "memory", "ephemeral-storage")


def _whole_number(field: str, value: Any) -> Iterator[Problem]:
    with suppress(ValueError):  # another rule tells that it is no quantity
        number = Quantity(str(value)).number
        if number < 0 or number != number.to_integral_value():
            yield Problem(
                field, show(value), "is no whole number, as devices are counted", "write for example 1"
            )


def _mount(field: str, part: Manifest) -> Iterator[Problem]:
    if part.get("subPath") and part.get("subPathExpr"):
        reason = "is given beside subPath"
        yield Problem(
            f"{field}['subPathExpr']", show(part["subPathExpr"]), reason, "leave one of the two out"
        )


def check_init_container(field: str, container: Manifest) -> Iterator[Problem]:
    """Check that a container which ends before the task has nothing that is for one that stays."""
    if container.get("restartPolicy") == "Always":
        return
    for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key) is not None:
            reason = "is given for an init container, which ends before the task begins"
            yield Problem(f"{field}[{key!r}]", "", reason, "leave it out, or make it one of the sidecars")


def _pod_spec(field: str, part: Manifest) -> Iterator[Problem]:
    containers, inits = part.get("containers") or [], part.get("initContainers") or []
    for index, container in enumerate(inits):
        yield from check_init_container(f"{field}['initContainers'][{index}]", container)
    others = [container for container in inits if container["name"] != WORKER_CONTAINER]
    yield from _no_repeats(f"{field}[...]", [*containers, *others], "name")
    constraints = part.get("topologySpreadConstraints") or []
    yield from _no_repeats(
        f"{field}['topologySpreadConstraints']", constraints, "topologyKey", "whenUnsatisfiable"
    )
    yield from _host_ports(f"{field}['containers']", containers, host_network=bool(part.get("hostNetwork")))
    if part.get("shareProcessNamespace") and part.get("hostPID"):
        reason = "contradicts hostPID"
        yield Problem(f"{field}['shareProcessNamespace']", "True", reason, "leave one of the two out")
    dns = part.get("dnsConfig") or {}
    if part.get("dnsPolicy") == "None" and not dns.get("nameservers"):
        reason = "leaves the pod without a name server"
        yield Problem(f"{field}['dnsPolicy']", "'None'", reason, "write dnsConfig with nameservers")


def _host_ports(field: str, containers: list[Manifest], *, host_network: bool) -> Iterator[Problem]:
    taken = []
    for container in containers:
        for port in container.get("ports") or []:
            host_port = port.get("hostPort") or (port["containerPort"] if host_network else None)
            if host_network and host_port != port["containerPort"]:
                reason = "is not the containerPort, and hostNetwork has no other"
                yield Problem(field, f"hostPort {host_port}", reason, "leave it out")
            if host_port:
                taken.append([host_port, port.get("protocol") or "TCP", port.get("hostIP")])
    yield from _no_repeats(field, taken)


def _dns(field: str, part: Manifest) -> Iterator[Problem]:
    for index, server in enumerate(part.get("nameservers") or []):
        yield from check_address(f"{field}['nameservers'][{index}]", server)
    if len(part.get("nameservers") or []) > _MOST_NAMESERVERS:
        reason = f"has more than {_MOST_NAMESERVERS} name servers"
        yield Problem(f"{field}['nameservers']", show(part["nameservers"]), reason, "write fewer")
    for index, search in enumerate(part.get("searches") or []):
        yield from DNS_SUBDOMAIN.check(f"{field}['searches'][{index}]", search.removesuffix("."))
    for index, option in enumerate(part.get("options") or []):
        if not option.get("name"):
            yield Problem(f"{field}['options'][{index}]", "", "has no name", "write for example 'ndots'")


_MOST_NAMESERVERS = 3

MODELS: dict[str, Check] = {
    "V1Container": _container,
    "V1CSIVolumeSource": _csi,
    "V1DownwardAPIVolumeFile": _downward_file,
    "V1EnvVarSource": _variable_source,
    "V1LabelSelectorRequirement": _label_requirement,
    "V1LifecycleHandler": _one_kind("handler", *_HANDLERS, "sleep"),
    "V1NodeSelector": _node_selector,
    "V1NodeSelectorTerm": _node_term,
    "V1PodDNSConfig": _dns,
    "V1PodSecurityContext": _pod_security,
    "V1PodSpec": _pod_spec,
    "V1Probe": _one_kind("handler", *_HANDLERS, "grpc"),
    "V1ProjectedVolumeSource": _projected,
    "V1ResourceRequirements": _resources,
    "V1SeccompProfile": _seccomp,
    "V1SecurityContext": _security,
    "V1VolumeMount": _mount,
}
