"""What the API server takes in fields of one object that must fit together, by model.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.rules.api_server.amounts import check_resources
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
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path


def _one_of(noun: str, owner: str, remedy: str, *beside: str) -> Check:
    """Make the check that an object has one field, besides those that may stand ``beside`` it."""

    def check(path: Path, part: Manifest) -> Iterator[Finding]:
        given = [name for name in part if name not in beside]
        if len(given) != 1:
            reason = f"has {len(given)} {noun}s, and {owner} has one"
            yield Finding(path, show(given), reason, remedy)

    return check


def check_repeats(items: Iterable[tuple[Path, Any]], remedy: str = "remove one") -> Iterator[Finding]:
    """Check that no two things are alike.

    Args:
        items: Where each stands, and what it is known by.
        remedy: What to do if two are.
    """
    seen: list[Any] = []
    for path, identity in items:
        if identity in seen:
            yield Finding(path, show(identity), "is defined twice", remedy)
        seen.append(identity)


def _label_requirement(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from _requirement(path, part, ())


def _requirement(path: Path, part: Mapping[str, Any], comparisons: tuple[str, ...]) -> Iterator[Finding]:
    if not {"key", "operator"} <= part.keys():  # the schema has found that
        return
    operator, values = part["operator"], part.get("values") or []
    yield from check_label_key((*path, "key"), part["key"])
    operators = ("In", "NotIn", "Exists", "DoesNotExist", *comparisons)
    yield from check_choice((*path, "operator"), operator, operators)
    here = (*path, "values")
    if operator in {"In", "NotIn"} and not values:
        yield Finding(here, "[]", f"is empty, and {operator!r} needs some", "write them")
    elif operator in {"Exists", "DoesNotExist"} and values:
        yield Finding(here, show(values), f"are given, and {operator!r} takes none", "remove them")
    elif operator in comparisons and len(values) != 1:
        reason = f"has {len(values)} values, and {operator!r} compares with one"
        yield Finding(here, show(values), reason, "write one number, as a string")
    yield from check_each(check_label_value)(here, values)


def _node_selector(path: Path, part: Manifest) -> Iterator[Finding]:
    if not part["nodeSelectorTerms"]:
        yield Finding((*path, "nodeSelectorTerms"), "[]", "is empty", "write at least one term")


def _node_term(path: Path, part: Manifest) -> Iterator[Finding]:
    for here, requirement in maps_at(path, part, "matchExpressions"):
        yield from _requirement(here, requirement, ("Gt", "Lt"))
    for here, requirement in maps_at(path, part, "matchFields"):
        key, values = requirement.get("key"), requirement.get("values") or []
        if key != "metadata.name" or len(values) != 1:
            reason = "is not about a node's name, and nodes cannot be selected by another field"
            yield Finding(here, show(key), reason, "write 'metadata.name' and one value")
        yield from check_choice((*here, "operator"), requirement.get("operator"), ("In", "NotIn"))
        yield from check_each(DNS_SUBDOMAIN.check)((*here, "values"), values)


def _toleration(path: Path, part: Manifest) -> Iterator[Finding]:
    key, value = part.get("key") or "", part.get("value") or ""
    operator, effect = part.get("operator") or "Equal", part.get("effect")
    yield from check_choice(path, operator, ("Exists", "Equal"))
    if effect:
        yield from check_choice(path, effect, ("NoSchedule", "PreferNoSchedule", "NoExecute"))
    if key:
        yield from check_label_key(path, key)
    elif operator == "Equal":
        reason = "has no key, so it must tolerate all"
        yield Finding(path, show(part), reason, "write operator 'Exists'")
    if operator == "Exists" and value:
        yield Finding(path, show(part), "has a value although any value exists", "remove the value")
    else:
        yield from check_label_value(path, value)
    if part.get("tolerationSeconds") is not None and effect != "NoExecute":
        reason = "has seconds, which only the effect NoExecute knows"
        yield Finding(path, show(part), reason, "remove them, or write effect 'NoExecute'")


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


def _variable(path: Path, part: Manifest) -> Iterator[Finding]:
    if part.get("value") and "valueFrom" in part:
        yield Finding(path, show(part.get("name")), "has a value and a source of one", "remove one")


def _variable_source(path: Path, part: Manifest) -> Iterator[Finding]:
    remedy = "write for example {'fieldRef': {'fieldPath': 'status.podIP'}}"
    yield from _one_of("source", "a variable", remedy)(path, part)
    yield from _references(path, part, _VARIABLE_PATHS)


def _downward_file(path: Path, part: Manifest) -> Iterator[Finding]:
    remedy = "write one of 'fieldRef', 'resourceFieldRef'"
    yield from _one_of("source", "a file", remedy, "path", "mode")(path, part)
    yield from _references(path, part, _FILE_PATHS)
    resource = part.get("resourceFieldRef")
    if resource and not resource.get("containerName"):
        reason = "names no container whose resource it is"
        yield Finding((*path, "resourceFieldRef"), "", reason, "write 'containerName': 'base'")


def _references(path: Path, part: Manifest, choices: list[str]) -> Iterator[Finding]:
    field, resource = part.get("fieldRef") or {}, part.get("resourceFieldRef") or {}
    if "fieldPath" in field:
        yield from _field_path((*path, "fieldRef", "fieldPath"), field["fieldPath"], choices)
    if "resource" in resource:
        yield from _resource_field((*path, "resourceFieldRef"), resource)


def _field_path(path: Path, given: str, choices: list[str]) -> Iterator[Finding]:
    match = _SUBSCRIPT.fullmatch(given)
    if match is None:
        yield from check_choice(path, given, choices)
    else:
        key = match["key"].lower() if match["map"] == "annotations" else match["key"]
        yield from check_label_key(path, key)


def _resource_field(path: Path, selector: Manifest) -> Iterator[Finding]:
    resource, divisor = selector["resource"], selector.get("divisor", 0)
    if not _RESOURCES.fullmatch(resource):
        reason = "is not a resource that a container can refer to"
        yield Finding((*path, "resource"), show(resource), reason, "write for example 'limits.memory'")
        return
    try:
        amount = Quantity(str(divisor))
    except ValueError:
        amount = Quantity("-1")
    if amount.number and amount not in (_CPU_DIVISORS if resource.endswith(".cpu") else _DIVISORS):
        example = "1m" if resource.endswith(".cpu") else "1Mi"
        reason = f"is not a valid divisor for {resource}"
        yield Finding((*path, "divisor"), show(divisor), reason, f"write for example '{example}'")


def _csi(path: Path, part: Manifest) -> Iterator[Finding]:
    secret = part.get("nodePublishSecretRef")
    if secret is not None and not secret.get("name"):
        here, reason = (*path, "nodePublishSecretRef", "name"), "is missing, and Kubernetes requires it"
        yield Finding(here, "None", reason, "write the name of the secret")


def _projected(path: Path, part: Manifest) -> Iterator[Finding]:
    files: list[tuple[Path, Any]] = []
    for here, source in maps_at(path, part, "sources"):
        for kind, projection in source.items():
            place = (*here, kind)
            files += [(place, projection), *maps_at(place, projection, "items")]
    yield from check_repeats(((*here, "path"), file["path"]) for here, file in files if file.get("path"))


def _seccomp(path: Path, part: Manifest) -> Iterator[Finding]:
    kind, profile = part.get("type"), part.get("localhostProfile")
    yield from check_choice((*path, "type"), kind, ("RuntimeDefault", "Unconfined", "Localhost"))
    if kind == "Localhost" and not profile:
        remedy = "write 'localhostProfile': 'profiles/task.json'"
        yield Finding((*path, "type"), show(kind), "needs the profile's path on the node", remedy)
    elif kind != "Localhost" and profile is not None:
        reason = f"is given, and {kind!r} takes none"
        yield Finding((*path, "localhostProfile"), show(profile), reason, "write 'type': 'Localhost'")
    yield from check_descending((*path, "localhostProfile"), profile or "")


def _pod_security(path: Path, part: Manifest) -> Iterator[Finding]:
    sysctls = maps_at(path, part, "sysctls")
    yield from check_repeats((here, sysctl["name"]) for here, sysctl in sysctls if "name" in sysctl)


def _security(path: Path, part: Manifest) -> Iterator[Finding]:
    if part.get("allowPrivilegeEscalation") is not False:
        return
    added = (part.get("capabilities") or {}).get("add") or []
    cause = "privileged" if part.get("privileged") else "CAP_SYS_ADMIN" if "CAP_SYS_ADMIN" in added else None
    if cause:
        reason = f"contradicts {cause}, which is an escalation"
        yield Finding((*path, "allowPrivilegeEscalation"), "False", reason, "remove one")


def _mount(path: Path, part: Manifest) -> Iterator[Finding]:
    if part.get("subPath") and part.get("subPathExpr"):
        given = show(part["subPathExpr"])
        yield Finding((*path, "subPathExpr"), given, "is given beside subPath", "remove one")


def _search(path: Path, domain: str) -> Iterator[Finding]:
    yield from DNS_SUBDOMAIN.check(path, domain.removesuffix("."))


def _dns(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from check_each(check_address)((*path, "nameservers"), part.get("nameservers") or [])
    if len(part.get("nameservers") or []) > _MOST_NAMESERVERS:
        reason = f"has more than {_MOST_NAMESERVERS} name servers"
        yield Finding((*path, "nameservers"), show(part["nameservers"]), reason, "write fewer")
    yield from check_each(_search)((*path, "searches"), part.get("searches") or [])
    for here, option in maps_at(path, part, "options"):
        if not option.get("name"):
            yield Finding(here, "", "has no name", "write for example 'ndots'")


_MOST_NAMESERVERS = 3
_HANDLERS = "write one of 'exec', 'httpGet', 'tcpSocket'"
_PROBE_FIELDS = (
    "failureThreshold",
    "initialDelaySeconds",
    "periodSeconds",
    "successThreshold",
    "terminationGracePeriodSeconds",
    "timeoutSeconds",
)

COMBINATIONS: dict[str, Check] = {
    "V1CSIVolumeSource": _csi,
    "V1DownwardAPIVolumeFile": _downward_file,
    "V1EnvFromSource": _one_of("source", "each", "write one of 'configMapRef', 'secretRef'", "prefix"),
    "V1EnvVar": _variable,
    "V1EnvVarSource": _variable_source,
    "V1LabelSelectorRequirement": _label_requirement,
    "V1LifecycleHandler": _one_of("handler", "an event", _HANDLERS),
    "V1NodeSelector": _node_selector,
    "V1NodeSelectorTerm": _node_term,
    "V1PodDNSConfig": _dns,
    "V1PodSecurityContext": _pod_security,
    "V1Probe": _one_of("handler", "a probe", _HANDLERS, *_PROBE_FIELDS),
    "V1ProjectedVolumeSource": _projected,
    "V1ResourceRequirements": check_resources,
    "V1SeccompProfile": _seccomp,
    "V1SecurityContext": _security,
    "V1Toleration": _toleration,
    "V1Volume": _one_of(
        "volume source", "a volume", "write one, for example 'emptyDir': {}, or EmptyDir()", "name"
    ),
    "V1VolumeMount": _mount,
}
"""Of each model, what its fields must be together; it is checked where each field has its right shape."""
