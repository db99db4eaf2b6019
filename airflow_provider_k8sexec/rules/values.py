"""Rules about what stands in manifests, wherever they are given: field by field, and fields together.

They are the API server's own, so that a pod is refused here, with its task's name, and not at its launch.
Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args

from attrs import evolve

from airflow_provider_k8sexec.exceptions import Problem, show
from airflow_provider_k8sexec.quantity import Quantity
from airflow_provider_k8sexec.rules.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    SECRET_KEY,
    Grammar,
    check_choice,
    check_label_key,
    check_label_value,
)
from airflow_provider_k8sexec.rules.schema import check_manifest, find_models
from airflow_provider_k8sexec.spec.manifests import WORKER_CONTAINER, merge_manifests
from airflow_provider_k8sexec.spec.volumes import HostPathType, Mount

if TYPE_CHECKING:
    from airflow_provider_k8sexec.spec.declaration import Declaration
    from airflow_provider_k8sexec.spec.manifests import Manifest

Check = Callable[[str, Any], Iterator[Problem]]


def check_values(declaration: Declaration) -> Iterator[Problem]:
    """What stands in manifests is what the API server takes; the wrong shapes are other rules' matter."""
    found = [
        problem
        for field, model, manifest in _manifests_of(declaration)
        for problem in check_manifest_values(field, model, manifest)
    ]
    # Two that are right may contradict each other.
    yield from found or [
        problem
        for field, model, manifest in _merged_manifests_of(declaration)
        for problem in check_manifest_values(field, model, manifest)
    ]
    for index, container in enumerate(declaration.init_containers.values()):
        yield from _check_init_container(f"init_containers[{index}]", container)


def check_manifest_values(field: str, model: str, manifest: Any) -> Iterator[Problem]:
    """Check what stands in one manifest; of a wrong shape, nothing is said."""
    if manifest and not check_manifest(manifest, model, field):
        for path, kind, part in find_models(manifest, model, field):
            yield from _check_part(path, kind, part)


def _manifests_of(declaration: Declaration) -> Iterator[tuple[str, str, Any]]:
    for name, source in declaration.env.items():
        if isinstance(source, dict):
            yield f"env_vars[{name!r}]", "V1EnvVarSource", source
    for path, mount in declaration.mounts.items():
        if isinstance(mount, Mount) and isinstance(mount.source, dict):
            yield f"volumes[{path!r}]", "V1Volume", {"name": "volume", **mount.source}
    yield "container_security_context", "V1SecurityContext", declaration.container_security_context
    yield "security_context", "V1PodSecurityContext", declaration.security_context
    yield "tolerations", "list[V1Toleration]", declaration.tolerations
    yield "affinity", "V1Affinity", declaration.affinity
    for option in ("init_containers", "sidecars"):
        yield option, "list[V1Container]", [*getattr(declaration, option).values()]
    pod = declaration.pod_override
    if isinstance(pod.get("spec"), dict):
        pod = {**pod, "spec": {"containers": [], **pod["spec"]}}
    yield "pod_override", "V1Pod", pod


def _merged_manifests_of(declaration: Declaration) -> Iterator[tuple[str, str, Any]]:
    spec = declaration.pod_override.get("spec")
    if not (declaration.container_security_context or declaration.security_context):
        return
    if not isinstance(spec, dict) or check_manifest({"containers": [], **spec}, "V1PodSpec", ""):
        return
    containers = spec.get("containers") or []
    worker: Manifest = next((item for item in containers if item["name"] == WORKER_CONTAINER), {})
    for option, model, below in (
        ("container_security_context", "V1SecurityContext", worker.get("securityContext")),
        ("security_context", "V1PodSecurityContext", spec.get("securityContext")),
    ):
        own = getattr(declaration, option)
        if own and below:
            yield f"pod_override and {option}", model, merge_manifests(below, own)


def _check_part(path: str, model: str, part: Manifest) -> Iterator[Problem]:
    for name, value in part.items():
        if value is not None and (model, name) in _FIELDS:
            yield from _FIELDS[model, name](f"{path}[{name!r}]", value)
    name, what = _REQUIRED.get(model, ("", ""))
    if name and part.get(name) is None:
        yield Problem(f"{path}[{name!r}]", "", "is missing, and Kubernetes requires it", f"write {what}")
    if model in _MODELS:
        yield from _MODELS[model](path, part)


# -- values by themselves


def _within(low: int, high: int) -> Check:
    def check(field: str, value: int) -> Iterator[Problem]:
        if not low <= value <= high:
            remedy = f"write a number from {low} to {high}"
            yield Problem(field, show(value), f"is not between {low} and {high}", remedy)

    return check


def _words(*words: str) -> Check:
    return lambda field, value: check_choice(field, value, words)


def _each(check: Check) -> Check:
    def check_all(field: str, values: list[Any]) -> Iterator[Problem]:
        for index, value in enumerate(values):
            yield from check(f"{field}[{index}]", value)

    return check_all


def _not_empty(field: str, value: Any) -> Iterator[Problem]:
    if not value:
        yield Problem(field, show(value), "is empty", "write something into it, or leave it out")


def _absolute(field: str, path: str) -> Iterator[Problem]:
    if not path.startswith("/"):
        yield Problem(field, show(path), "is not an absolute path", f"write '/{path}'")


def check_descending(field: str, path: str) -> Iterator[Problem]:
    """Check a path that stays in its directory."""
    if path.startswith("/") or ".." in path.split("/"):
        yield Problem(field, show(path), "leads out of its directory", "write it without '/' first, or '..'")


def check_file_path(field: str, path: str) -> Iterator[Problem]:
    """Check the path of a file that Kubernetes makes in a volume."""
    yield from _not_empty(field, path)
    yield from check_descending(field, path)
    if path.startswith("..") and ".." not in path.split("/"):
        yield Problem(field, show(path), "begins with '..', which no file of a volume can", "rename it")


def _host_path(field: str, path: str) -> Iterator[Problem]:
    if not path.startswith("/") or ".." in path.split("/"):
        reason = "is not an absolute path without '..'"
        yield Problem(field, show(path), reason, "write for example '/mnt/disks/ssd0'")


def _label_map(field: str, labels: dict[str, str]) -> Iterator[Problem]:
    for key, value in labels.items():
        yield from check_label_key(field, key)
        yield from check_label_value(f"{field}[{key!r}]", value)


def _address(field: str, text: str) -> Iterator[Problem]:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        yield Problem(field, show(text), "is not an IP address", "write for example '10.0.0.10'")


def _quantity(field: str, value: Any) -> Iterator[Problem]:
    try:
        negative = Quantity(str(value)).number < 0
    except ValueError:
        yield Problem(field, show(value), "is not a Kubernetes quantity", "write for example '2Gi'")
    else:
        if negative:
            yield Problem(field, show(value), "is negative", "write a positive amount")


def _csi_driver(field: str, name: str) -> Iterator[Problem]:
    yield from _CSI_DRIVER.check(field, name.lower())


def _port(field: str, port: int | str) -> Iterator[Problem]:
    yield from _PORT_NAME.check(field, port) if isinstance(port, str) else _PORT(field, port)


_ID = _within(0, 2**31 - 1)
_MODE = _within(0, 0o777)
_PORT = _within(1, 2**16 - 1)
_SECONDS = _within(0, 2**31 - 1)
_AT_LEAST_ONE = _within(1, 2**31 - 1)
_WEIGHT = _within(1, 100)
_PORT_NAME = Grammar(
    "the name of a port",
    re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    15,
    "lower case letters, digits and single '-', a letter somewhere",
    "http",
)
_SYSCTL = Grammar(
    "the name of a sysctl",
    re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?\.)*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"),
    253,
    "lower case letters, digits, '-' and '_', '.' between parts",
    "net.core.somaxconn",
)
_CSI_DRIVER = evolve(DNS_SUBDOMAIN, kind="the name of a CSI driver", longest=63, example="csi.example.com")
_HEADER = Grammar(
    "the name of an HTTP header", re.compile(r"[-A-Za-z0-9]+"), 1000, "letters, digits and '-'", "X-Token"
)

_FIELDS: dict[tuple[str, str], Check] = {
    ("V1ConfigMapKeySelector", "key"): SECRET_KEY.check,
    ("V1ConfigMapProjection", "name"): DNS_SUBDOMAIN.check,
    ("V1ConfigMapVolumeSource", "defaultMode"): _MODE,
    ("V1ConfigMapVolumeSource", "name"): DNS_SUBDOMAIN.check,
    ("V1Container", "terminationMessagePolicy"): _words("File", "FallbackToLogsOnError", ""),
    ("V1ContainerPort", "containerPort"): _PORT,
    ("V1ContainerPort", "hostIP"): _address,
    ("V1ContainerPort", "hostPort"): _within(0, 2**16 - 1),
    ("V1ContainerPort", "name"): _PORT_NAME.check,
    ("V1ContainerPort", "protocol"): _words("TCP", "UDP", "SCTP"),
    ("V1CSIVolumeSource", "driver"): _csi_driver,
    ("V1DownwardAPIVolumeFile", "mode"): _MODE,
    ("V1DownwardAPIVolumeFile", "path"): check_file_path,
    ("V1DownwardAPIVolumeSource", "defaultMode"): _MODE,
    ("V1EmptyDirVolumeSource", "sizeLimit"): _quantity,
    ("V1ExecAction", "command"): _not_empty,
    ("V1HostAlias", "hostnames"): _each(DNS_SUBDOMAIN.check),
    ("V1HostAlias", "ip"): _address,
    ("V1HostPathVolumeSource", "path"): _host_path,
    ("V1HostPathVolumeSource", "type"): _words(*get_args(HostPathType)),
    ("V1HTTPGetAction", "port"): _port,
    ("V1HTTPGetAction", "scheme"): _words("HTTP", "HTTPS"),
    ("V1HTTPHeader", "name"): _HEADER.check,
    ("V1KeyToPath", "key"): SECRET_KEY.check,
    ("V1KeyToPath", "mode"): _MODE,
    ("V1KeyToPath", "path"): check_file_path,
    ("V1LabelSelector", "matchLabels"): _label_map,
    ("V1LocalObjectReference", "name"): DNS_SUBDOMAIN.check,
    ("V1NFSVolumeSource", "path"): _absolute,
    ("V1NFSVolumeSource", "server"): _not_empty,
    ("V1ObjectFieldSelector", "apiVersion"): _words("v1"),
    ("V1PersistentVolumeClaimVolumeSource", "claimName"): DNS_SUBDOMAIN.check,
    ("V1PodAffinityTerm", "namespaces"): _each(DNS_LABEL.check),
    ("V1PodAffinityTerm", "topologyKey"): check_label_key,
    ("V1PodReadinessGate", "conditionType"): check_label_key,
    ("V1PodSecurityContext", "fsGroup"): _ID,
    ("V1PodSecurityContext", "fsGroupChangePolicy"): _words("Always", "OnRootMismatch"),
    ("V1PodSecurityContext", "runAsGroup"): _ID,
    ("V1PodSecurityContext", "runAsUser"): _ID,
    ("V1PodSecurityContext", "supplementalGroups"): _each(_ID),
    ("V1PodSpec", "activeDeadlineSeconds"): _within(1, 2**31 - 1),
    ("V1PodSpec", "dnsPolicy"): _words("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("V1PodSpec", "hostname"): DNS_LABEL.check,
    ("V1PodSpec", "nodeName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "nodeSelector"): _label_map,
    ("V1PodSpec", "serviceAccountName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "subdomain"): DNS_LABEL.check,
    ("V1PodSpec", "terminationGracePeriodSeconds"): _within(0, 2**63 - 1),
    ("V1PreferredSchedulingTerm", "weight"): _WEIGHT,
    ("V1Probe", "failureThreshold"): _AT_LEAST_ONE,
    ("V1Probe", "initialDelaySeconds"): _SECONDS,
    ("V1Probe", "periodSeconds"): _AT_LEAST_ONE,
    ("V1Probe", "successThreshold"): _AT_LEAST_ONE,
    ("V1Probe", "timeoutSeconds"): _AT_LEAST_ONE,
    ("V1ProjectedVolumeSource", "defaultMode"): _MODE,
    ("V1SecretKeySelector", "key"): SECRET_KEY.check,
    ("V1SecretProjection", "name"): DNS_SUBDOMAIN.check,
    ("V1SecretVolumeSource", "defaultMode"): _MODE,
    ("V1SecretVolumeSource", "secretName"): DNS_SUBDOMAIN.check,
    ("V1SecurityContext", "procMount"): _words("Default", "Unmasked"),
    ("V1SecurityContext", "runAsGroup"): _ID,
    ("V1SecurityContext", "runAsUser"): _ID,
    ("V1ServiceAccountTokenProjection", "expirationSeconds"): _within(600, 2**32),
    ("V1ServiceAccountTokenProjection", "path"): check_file_path,
    ("V1Sysctl", "name"): _SYSCTL.check,
    ("V1TCPSocketAction", "port"): _port,
    ("V1Toleration", "tolerationSeconds"): _within(-(2**63), 2**63 - 1),
    ("V1TopologySpreadConstraint", "maxSkew"): _within(1, 2**31 - 1),
    ("V1TopologySpreadConstraint", "topologyKey"): check_label_key,
    ("V1TopologySpreadConstraint", "whenUnsatisfiable"): _words("DoNotSchedule", "ScheduleAnyway"),
    ("V1VolumeMount", "name"): DNS_LABEL.check,
    ("V1VolumeMount", "mountPropagation"): _words("None", "HostToContainer", "Bidirectional"),
    ("V1VolumeMount", "subPath"): check_descending,
    ("V1VolumeMount", "subPathExpr"): check_descending,
    ("V1WeightedPodAffinityTerm", "weight"): _WEIGHT,
}


# What the client's models let be absent, and the server does not.
_REQUIRED = {
    "V1ConfigMapProjection": ("name", "the name of the config map"),
    "V1ConfigMapVolumeSource": ("name", "the name of the config map"),
    "V1ExecAction": ("command", "a list such as ['true']"),
    "V1SecretProjection": ("name", "the name of the secret"),
    "V1SecretVolumeSource": ("secretName", "the name of the secret"),
}


# -- values together


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
        yield from _each(DNS_SUBDOMAIN.check)(f"{place}['values']", requirement.get("values") or [])


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


def _check_init_container(field: str, container: Manifest) -> Iterator[Problem]:
    if container.get("restartPolicy") == "Always":
        return
    for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
        if container.get(key) is not None:
            reason = "is given for an init container, which ends before the task begins"
            yield Problem(f"{field}[{key!r}]", "", reason, "leave it out, or make it one of the sidecars")


def _pod_spec(field: str, part: Manifest) -> Iterator[Problem]:
    containers, inits = part.get("containers") or [], part.get("initContainers") or []
    for index, container in enumerate(inits):
        yield from _check_init_container(f"{field}['initContainers'][{index}]", container)
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
        yield from _address(f"{field}['nameservers'][{index}]", server)
    if len(part.get("nameservers") or []) > _MOST_NAMESERVERS:
        reason = f"has more than {_MOST_NAMESERVERS} name servers"
        yield Problem(f"{field}['nameservers']", show(part["nameservers"]), reason, "write fewer")
    for index, search in enumerate(part.get("searches") or []):
        yield from DNS_SUBDOMAIN.check(f"{field}['searches'][{index}]", search.removesuffix("."))
    for index, option in enumerate(part.get("options") or []):
        if not option.get("name"):
            yield Problem(f"{field}['options'][{index}]", "", "has no name", "write for example 'ndots'")


_MOST_NAMESERVERS = 3

_MODELS: dict[str, Check] = {
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
