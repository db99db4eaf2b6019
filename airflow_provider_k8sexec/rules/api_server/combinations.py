"""What the API server takes in fields of one object that must fit together, by model.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.rules.api_server.amounts import check_resources
from airflow_provider_k8sexec.rules.api_server.checks import Check, check_each, check_repeats, one_of
from airflow_provider_k8sexec.rules.api_server.fields import check_plain_address
from airflow_provider_k8sexec.rules.api_server.names import DNS_SUBDOMAIN, check_choice, check_label_key
from airflow_provider_k8sexec.rules.api_server.security import SECURITY
from airflow_provider_k8sexec.rules.api_server.selectors import SELECTORS
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path


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
        yield Finding(
            path, show(part.get("name")), "has a value and a source of one", "remove one", code="K8S205"
        )


def _variable_source(path: Path, part: Manifest) -> Iterator[Finding]:
    remedy = "write for example {'fieldRef': {'fieldPath': 'status.podIP'}}"
    yield from one_of("source", "a variable", remedy)(path, part)
    yield from _references(path, part, _VARIABLE_PATHS)


def _downward_file(path: Path, part: Manifest) -> Iterator[Finding]:
    remedy = "write one of 'fieldRef', 'resourceFieldRef'"
    yield from one_of("source", "a file", remedy, "path", "mode")(path, part)
    yield from _references(path, part, _FILE_PATHS)
    resource = part.get("resourceFieldRef")
    if resource and not resource.get("containerName"):
        reason = "names no container whose resource it is"
        yield Finding((*path, "resourceFieldRef"), "", reason, "write 'containerName': 'base'", code="K8S205")


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
        yield Finding(
            (*path, "resource"), show(resource), reason, "write for example 'limits.memory'", code="K8S205"
        )
        return
    try:
        amount = Quantity(str(divisor))
    except ValueError:
        amount = Quantity("-1")
    if amount.number and amount not in (_CPU_DIVISORS if resource.endswith(".cpu") else _DIVISORS):
        example = "1m" if resource.endswith(".cpu") else "1Mi"
        reason = f"is not a valid divisor for {resource}"
        yield Finding(
            (*path, "divisor"), show(divisor), reason, f"write for example '{example}'", code="K8S205"
        )


def _csi(path: Path, part: Manifest) -> Iterator[Finding]:
    secret = part.get("nodePublishSecretRef")
    if secret is not None and not secret.get("name"):
        here, reason = (*path, "nodePublishSecretRef", "name"), "is missing, and Kubernetes requires it"
        yield Finding(here, "None", reason, "write the name of the secret", code="K8S205")


def _projected(path: Path, part: Manifest) -> Iterator[Finding]:
    files: list[tuple[Path, Any]] = []
    for here, source in maps_at(path, part, "sources"):
        for kind, projection in source.items():
            place = (*here, kind)
            files += [(place, projection), *maps_at(place, projection, "items")]
    yield from check_repeats(((*here, "path"), file["path"]) for here, file in files if file.get("path"))


def _mount(path: Path, part: Manifest) -> Iterator[Finding]:
    if part.get("subPath") and part.get("subPathExpr"):
        given = show(part["subPathExpr"])
        yield Finding((*path, "subPathExpr"), given, "is given beside subPath", "remove one", code="K8S205")
    recursive = part.get("recursiveReadOnly")
    if recursive in {"Enabled", "IfPossible"} and not part.get("readOnly"):
        reason = "is of a mount that is not read-only"
        yield Finding(
            (*path, "recursiveReadOnly"), show(recursive), reason, "write 'readOnly': True", code="K8S205"
        )


def _search(path: Path, domain: str) -> Iterator[Finding]:
    """Check a domain of a resolver's search list, which may be the root, and have underscores."""
    if domain != ".":
        yield from _SEARCH_DOMAIN.check(path, domain.removesuffix("."))


def _dns(path: Path, part: Manifest) -> Iterator[Finding]:
    servers, searches = part.get("nameservers") or [], part.get("searches") or []
    yield from check_each(check_plain_address)((*path, "nameservers"), servers)
    if len(servers) > _MOST_NAMESERVERS:
        reason = f"has more than {_MOST_NAMESERVERS} name servers"
        yield Finding((*path, "nameservers"), show(servers), reason, "write fewer", code="K8S205")
    yield from check_each(_search)((*path, "searches"), searches)
    if len(searches) > _MOST_SEARCHES or len(" ".join(map(str, searches))) > _LONGEST_SEARCHES:
        reason = f"has more than {_MOST_SEARCHES} domains, or {_LONGEST_SEARCHES} characters"
        yield Finding((*path, "searches"), show(searches), reason, "write fewer", code="K8S205")
    for here, option in maps_at(path, part, "options"):
        if not option.get("name"):
            yield Finding(here, "", "has no name", "write for example 'ndots'", code="K8S205")


def _claim_spec(path: Path, part: Manifest) -> Iterator[Finding]:
    if "storage" not in ((part.get("resources") or {}).get("requests") or {}):
        at, reason = (*path, "resources", "requests", "storage"), "is missing, and a claim requires it"
        yield Finding(at, "None", reason, "write for example '10Gi'", code="K8S205")


_SEARCH_DOMAIN = evolve(
    DNS_SUBDOMAIN,
    pattern=re.compile(r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*"),
)
_MOST_NAMESERVERS = 3
_MOST_SEARCHES = 32
_LONGEST_SEARCHES = 2048
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
    **SECURITY,
    **SELECTORS,
    "V1CSIVolumeSource": _csi,
    "V1DownwardAPIVolumeFile": _downward_file,
    "V1EnvFromSource": one_of("source", "each", "write one of 'configMapRef', 'secretRef'", "prefix"),
    "V1EnvVar": _variable,
    "V1EnvVarSource": _variable_source,
    "V1LifecycleHandler": one_of("handler", "an event", _HANDLERS),
    "V1PersistentVolumeClaimSpec": _claim_spec,
    "V1PodDNSConfig": _dns,
    "V1PodResourceClaim": one_of(
        "source", "a claim", "write one of 'resourceClaimName', 'resourceClaimTemplateName'", "name"
    ),
    "V1Probe": one_of("handler", "a probe", _HANDLERS, *_PROBE_FIELDS),
    "V1ProjectedVolumeSource": _projected,
    "V1ResourceRequirements": check_resources,
    "V1Volume": one_of(
        "volume source", "a volume", "write one, for example 'emptyDir': {}, or EmptyDir()", "name"
    ),
    "V1VolumeMount": _mount,
}
"""Of each model, what its fields must be together; it is checked where each field has its right shape."""
