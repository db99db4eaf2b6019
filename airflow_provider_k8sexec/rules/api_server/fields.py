"""What the API server takes in single fields of manifests, by model and field.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, get_args

from attrs import evolve

from airflow_provider_k8sexec.options.bounds import LARGEST_ANNOTATIONS
from airflow_provider_k8sexec.options.paths import Path
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.volumes import HostPathType
from airflow_provider_k8sexec.rules.api_server.amounts import check_size
from airflow_provider_k8sexec.rules.api_server.checks import Check, check_each, choices, within
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    ENVIRONMENT_NAME,
    IMAGE,
    SECRET_KEY,
    Grammar,
    check_annotation_key,
    check_choice,
    check_label_key,
    check_label_value,
)
from airflow_provider_k8sexec.rules.findings import Finding, of_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.paths import Path

_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_INT32 = r"0|-?[1-9]\d{0,9}"
_FINALIZERS = ("foregroundDeletion", "kubernetes", "orphan")
"""Kubernetes's own; all others have a domain."""


def _not_empty(path: Path, value: Any) -> Iterator[Finding]:
    if not value:
        yield Finding(path, show(value), "is empty", "write a value, or remove it", code="K8S204")


def _reference(path: Path, image: str) -> Iterator[Finding]:
    if not image:
        remedy = "write the image, for example 'registry.example.com/model:1'"
        yield Finding(path, show(image), "is empty", remedy, code="K8S204")


def _absolute(path: Path, given: str) -> Iterator[Finding]:
    if not given.startswith("/"):
        yield Finding(path, show(given), "is not an absolute path", f"write '/{given}'", code="K8S204")


def _mount_path(path: Path, given: str) -> Iterator[Finding]:
    if not given.startswith("/"):
        remedy = f"write '/{given}'" if given else "write for example '/scratch'"
        yield Finding(path, show(given), "is not an absolute path", remedy, code="K8S204")
    elif ":" in given:
        yield Finding(
            path, show(given), "has a colon, which a mount path cannot", "choose another path", code="K8S204"
        )
    elif posixpath.normpath(given).strip("/") == "":
        yield Finding(
            path, show(given), "hides the whole image", "write for example '/mnt/scratch'", code="K8S204"
        )


def check_descending(path: Path, given: str) -> Iterator[Finding]:
    """Check a path that stays in its directory."""
    if ".." in given.split("/"):
        yield Finding(
            path,
            show(given),
            "leads out of its directory",
            "write a path that has no '..' in it",
            code="K8S204",
        )
    elif given.startswith("/"):
        remedy = f"write {show(given.lstrip('/'))}" if given.strip("/") else "write for example 'logs'"
        yield Finding(
            path, show(given), "is an absolute path, and a relative one belongs here", remedy, code="K8S204"
        )


def check_file_path(path: Path, given: str) -> Iterator[Finding]:
    """Check the path of a file that Kubernetes makes in a volume."""
    yield from _not_empty(path, given)
    yield from check_descending(path, given)
    if given.startswith("..") and ".." not in given.split("/"):
        yield Finding(
            path, show(given), "begins with '..', which no file of a volume can", "rename it", code="K8S204"
        )


def _host_path(path: Path, given: str) -> Iterator[Finding]:
    if not given.startswith("/") or ".." in given.split("/"):
        reason = "is not an absolute path without '..'"
        yield Finding(path, show(given), reason, "write for example '/mnt/disks/ssd0'", code="K8S204")


def _label_map(path: Path, labels: dict[str, str]) -> Iterator[Finding]:
    for key, value in labels.items():
        here = (*path, key)
        yield from of_key(here, check_label_key(here, key))
        yield from check_label_value(here, value)


def _annotation_map(path: Path, annotations: dict[str, str]) -> Iterator[Finding]:
    for key in annotations:
        here = (*path, key)
        yield from of_key(here, check_annotation_key(here, key))
    if not re.fullmatch(_INT32, annotations.get(_DELETION_COST, "0")):
        here, given = (*path, _DELETION_COST), annotations[_DELETION_COST]
        yield Finding(
            here, show(given), "is not an integer of 32 bits", "write for example '100'", code="K8S204"
        )
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > LARGEST_ANNOTATIONS:
        reason = f"have {size} bytes, and Kubernetes keeps {LARGEST_ANNOTATIONS}"
        yield Finding(path, "{...}", reason, "mount a config map instead", code="K8S204")


def check_address(path: Path, text: str) -> Iterator[Finding]:
    """Check an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        yield Finding(
            path, show(text), "is not an IP address", "write for example '10.0.0.10'", code="K8S204"
        )


def check_plain_address(path: Path, text: str) -> Iterator[Finding]:
    """Check an IP address that names a machine, and neither an interface of one nor an address of IPv4."""
    yield from check_address(path, text)
    with suppress(ValueError):
        address = ipaddress.ip_address(text)
        if isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.scope_id):
            what = "an address of IPv4 in IPv6" if address.ipv4_mapped else "an address with a zone"
            yield Finding(path, show(text), f"is {what}", "write for example '10.0.0.10'", code="K8S204")


def _finalizer(path: Path, name: str) -> Iterator[Finding]:
    yield from check_label_key(path, name)
    if "/" not in name and name not in _FINALIZERS:
        yield Finding(
            path, show(name), "has no domain", f"write for example 'example.com/{name}'", code="K8S204"
        )


def _csi_driver(path: Path, name: str) -> Iterator[Finding]:
    yield from _CSI_DRIVER.check(path, name.lower())


def _medium(path: Path, medium: str) -> Iterator[Finding]:
    if medium != "HugePages" and not medium.startswith("HugePages-"):
        yield from check_choice(path, medium, ("Memory", ""))


def _literal(path: Path, value: str) -> Iterator[Finding]:
    if "\0" in value:
        yield Finding(
            path, "<str>", "holds a NUL character, which no variable can", "remove it", code="K8S204"
        )


def _prefix(path: Path, prefix: str) -> Iterator[Finding]:
    yield from ENVIRONMENT_NAME.check(path, prefix) if prefix else ()


def _scheduler_name(path: Path, name: str) -> Iterator[Finding]:
    if not name:  # it may be any other string, as the scheduler's profile has it
        yield Finding(path, "''", "is empty", "remove it, for the default scheduler", code="K8S204")


def _port(path: Path, port: int | str) -> Iterator[Finding]:
    yield from _PORT_NAME.check(path, port) if isinstance(port, str) else _PORT(path, port)


_ID = within(0, 2**31 - 1)
_MODE = within(0, 0o777)
_PORT = within(1, 2**16 - 1)
_SECONDS = within(0, 2**31 - 1)
_AT_LEAST_ONE = within(1, 2**31 - 1)
_WEIGHT = within(1, 100)
_PORT_NAME = Grammar(
    "the name of a port",
    re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?"),
    15,
    "lower case letters, digits and single '-', a letter somewhere",
    "http",
)
_SYSCTL = Grammar(
    "the name of a sysctl",
    re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"),
    253,
    "lower case letters, digits, '-' and '_', '.' or '/' between parts",
    "net.core.somaxconn",
)
_HOSTNAME = evolve(DNS_SUBDOMAIN, kind="a hostname", longest=64, example="task-1")
_ACCESS_MODES = ("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod")
_CSI_DRIVER = evolve(DNS_SUBDOMAIN, kind="the name of a CSI driver", longest=63, example="csi.example.com")
_HEADER = Grammar(
    "the name of an HTTP header", re.compile(r"[-A-Za-z0-9]+"), 1000, "letters, digits and '-'", "X-Token"
)

FIELDS: dict[tuple[str, str], Check] = {
    ("V1ConfigMapEnvSource", "name"): DNS_SUBDOMAIN.check,
    ("V1ConfigMapKeySelector", "key"): SECRET_KEY.check,
    ("V1ConfigMapKeySelector", "name"): DNS_SUBDOMAIN.check,
    ("V1ConfigMapProjection", "name"): DNS_SUBDOMAIN.check,
    ("V1ConfigMapVolumeSource", "defaultMode"): _MODE,
    ("V1ConfigMapVolumeSource", "name"): DNS_SUBDOMAIN.check,
    ("V1Container", "image"): IMAGE.check,
    ("V1Container", "imagePullPolicy"): choices("Always", "IfNotPresent", "Never"),
    ("V1Container", "name"): DNS_LABEL.check,
    ("V1Container", "restartPolicy"): choices("Always", "Never", "OnFailure"),
    ("V1Container", "terminationMessagePolicy"): choices("File", "FallbackToLogsOnError", ""),
    ("V1ContainerPort", "containerPort"): _PORT,
    ("V1ContainerPort", "hostIP"): check_address,
    ("V1ContainerPort", "hostPort"): within(0, 2**16 - 1),
    ("V1ContainerPort", "name"): _PORT_NAME.check,
    ("V1ContainerPort", "protocol"): choices("TCP", "UDP", "SCTP"),
    ("V1ContainerResizePolicy", "resourceName"): choices("cpu", "memory"),
    ("V1ContainerResizePolicy", "restartPolicy"): choices("NotRequired", "RestartContainer"),
    ("V1CSIVolumeSource", "driver"): _csi_driver,
    ("V1DownwardAPIVolumeFile", "mode"): _MODE,
    ("V1DownwardAPIVolumeFile", "path"): check_file_path,
    ("V1DownwardAPIVolumeSource", "defaultMode"): _MODE,
    ("V1EmptyDirVolumeSource", "medium"): _medium,
    ("V1EmptyDirVolumeSource", "sizeLimit"): check_size,
    ("V1EnvFromSource", "prefix"): _prefix,
    ("V1EnvVar", "value"): _literal,
    ("V1ExecAction", "command"): _not_empty,
    ("V1FileKeySelector", "path"): check_file_path,
    ("V1HostAlias", "hostnames"): check_each(DNS_SUBDOMAIN.check),
    ("V1HostAlias", "ip"): check_address,
    ("V1HostPathVolumeSource", "path"): _host_path,
    ("V1HostPathVolumeSource", "type"): choices(*get_args(HostPathType)),
    ("V1HTTPGetAction", "port"): _port,
    ("V1HTTPGetAction", "scheme"): choices("HTTP", "HTTPS"),
    ("V1HTTPHeader", "name"): _HEADER.check,
    ("V1ImageVolumeSource", "pullPolicy"): choices("Always", "IfNotPresent", "Never"),
    ("V1ImageVolumeSource", "reference"): _reference,
    ("V1KeyToPath", "key"): SECRET_KEY.check,
    ("V1KeyToPath", "mode"): _MODE,
    ("V1KeyToPath", "path"): check_file_path,
    ("V1LabelSelector", "matchLabels"): _label_map,
    ("V1LocalObjectReference", "name"): DNS_SUBDOMAIN.check,
    ("V1NFSVolumeSource", "path"): _absolute,
    ("V1NFSVolumeSource", "server"): _not_empty,
    ("V1ObjectFieldSelector", "apiVersion"): choices("v1"),
    ("V1ObjectMeta", "annotations"): _annotation_map,
    ("V1ObjectMeta", "finalizers"): check_each(_finalizer),
    ("V1ObjectMeta", "labels"): _label_map,
    ("V1ObjectMeta", "namespace"): DNS_LABEL.check,
    ("V1PersistentVolumeClaimSpec", "accessModes"): check_each(choices(*_ACCESS_MODES)),
    ("V1PersistentVolumeClaimSpec", "volumeMode"): choices("Filesystem", "Block"),
    ("V1PersistentVolumeClaimVolumeSource", "claimName"): DNS_SUBDOMAIN.check,
    ("V1PodAffinityTerm", "matchLabelKeys"): check_each(check_label_key),
    ("V1PodAffinityTerm", "mismatchLabelKeys"): check_each(check_label_key),
    ("V1PodAffinityTerm", "namespaces"): check_each(DNS_LABEL.check),
    ("V1PodAffinityTerm", "topologyKey"): check_label_key,
    ("V1PodOS", "name"): choices("linux", "windows"),
    ("V1PodReadinessGate", "conditionType"): check_label_key,
    ("V1PodResourceClaim", "name"): DNS_LABEL.check,
    ("V1PodResourceClaim", "resourceClaimName"): DNS_SUBDOMAIN.check,
    ("V1PodResourceClaim", "resourceClaimTemplateName"): DNS_SUBDOMAIN.check,
    ("V1PodSchedulingGate", "name"): check_label_key,
    ("V1PodSecurityContext", "fsGroup"): _ID,
    ("V1PodSecurityContext", "fsGroupChangePolicy"): choices("Always", "OnRootMismatch"),
    ("V1PodSecurityContext", "runAsGroup"): _ID,
    ("V1PodSecurityContext", "runAsUser"): _ID,
    ("V1PodSecurityContext", "seLinuxChangePolicy"): choices("MountOption", "Recursive"),
    ("V1PodSecurityContext", "supplementalGroups"): check_each(_ID),
    ("V1PodSecurityContext", "supplementalGroupsPolicy"): choices("Merge", "Strict"),
    ("V1PodSpec", "activeDeadlineSeconds"): within(1, 2**31 - 1, 3600),
    ("V1PodSpec", "dnsPolicy"): choices("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("V1PodSpec", "hostname"): DNS_LABEL.check,
    ("V1PodSpec", "hostnameOverride"): _HOSTNAME.check,
    ("V1PodSpec", "nodeName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "nodeSelector"): _label_map,
    ("V1PodSpec", "priorityClassName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "runtimeClassName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "schedulerName"): _scheduler_name,
    ("V1PodSpec", "serviceAccountName"): DNS_SUBDOMAIN.check,
    ("V1PodSpec", "subdomain"): DNS_LABEL.check,
    ("V1PodSpec", "terminationGracePeriodSeconds"): within(0, 2**63 - 1, 30),
    ("V1PreferredSchedulingTerm", "weight"): _WEIGHT,
    ("V1Probe", "failureThreshold"): _AT_LEAST_ONE,
    ("V1Probe", "initialDelaySeconds"): _SECONDS,
    ("V1Probe", "periodSeconds"): _AT_LEAST_ONE,
    ("V1Probe", "successThreshold"): _AT_LEAST_ONE,
    ("V1Probe", "terminationGracePeriodSeconds"): _AT_LEAST_ONE,
    ("V1Probe", "timeoutSeconds"): _AT_LEAST_ONE,
    ("V1ProjectedVolumeSource", "defaultMode"): _MODE,
    ("V1SecretEnvSource", "name"): DNS_SUBDOMAIN.check,
    ("V1SecretKeySelector", "key"): SECRET_KEY.check,
    ("V1SecretKeySelector", "name"): DNS_SUBDOMAIN.check,
    ("V1SecretProjection", "name"): DNS_SUBDOMAIN.check,
    ("V1SecretVolumeSource", "defaultMode"): _MODE,
    ("V1SecretVolumeSource", "secretName"): DNS_SUBDOMAIN.check,
    ("V1SecurityContext", "procMount"): choices("Default", "Unmasked"),
    ("V1SecurityContext", "runAsGroup"): _ID,
    ("V1SecurityContext", "runAsUser"): _ID,
    ("V1ServiceAccountTokenProjection", "expirationSeconds"): within(600, 2**32),
    ("V1ServiceAccountTokenProjection", "path"): check_file_path,
    ("V1SleepAction", "seconds"): within(0, 2**63 - 1, 5),
    ("V1Sysctl", "name"): _SYSCTL.check,
    ("V1TCPSocketAction", "port"): _port,
    ("V1Toleration", "tolerationSeconds"): within(-(2**63), 2**63 - 1),
    ("V1TopologySpreadConstraint", "matchLabelKeys"): check_each(check_label_key),
    ("V1TopologySpreadConstraint", "maxSkew"): within(1, 2**31 - 1),
    ("V1TopologySpreadConstraint", "minDomains"): _AT_LEAST_ONE,
    ("V1TopologySpreadConstraint", "nodeAffinityPolicy"): choices("Honor", "Ignore"),
    ("V1TopologySpreadConstraint", "nodeTaintsPolicy"): choices("Honor", "Ignore"),
    ("V1TopologySpreadConstraint", "topologyKey"): check_label_key,
    ("V1TopologySpreadConstraint", "whenUnsatisfiable"): choices("DoNotSchedule", "ScheduleAnyway"),
    ("V1Volume", "name"): DNS_LABEL.check,
    ("V1VolumeMount", "mountPath"): _mount_path,
    ("V1VolumeMount", "mountPropagation"): choices("None", "HostToContainer", "Bidirectional"),
    ("V1VolumeMount", "name"): DNS_LABEL.check,
    ("V1VolumeMount", "recursiveReadOnly"): choices("Disabled", "Enabled", "IfPossible"),
    ("V1VolumeMount", "subPath"): check_descending,
    ("V1VolumeMount", "subPathExpr"): check_descending,
    ("V1WeightedPodAffinityTerm", "weight"): _WEIGHT,
}


REQUIRED = {
    "V1ConfigMapEnvSource": ("name", "the name of the config map"),
    "V1ConfigMapKeySelector": ("name", "the name of the config map"),
    "V1ConfigMapProjection": ("name", "the name of the config map"),
    "V1ConfigMapVolumeSource": ("name", "the name of the config map"),
    "V1EphemeralVolumeSource": ("volumeClaimTemplate", "the claim's metadata and spec"),
    "V1ExecAction": ("command", "a list such as ['true']"),
    "V1ImageVolumeSource": ("reference", "the image"),
    "V1PersistentVolumeClaimSpec": ("accessModes", "for example ['ReadWriteOnce']"),
    "V1SecretEnvSource": ("name", "the name of the secret"),
    "V1SecretKeySelector": ("name", "the name of the secret"),
    "V1SecretProjection": ("name", "the name of the secret"),
    "V1SecretVolumeSource": ("secretName", "the name of the secret"),
}
"""The field that each of these models must have, and what it is: the client's models let it be absent."""
