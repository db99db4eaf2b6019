"""What the API server takes in single fields of manifests, by model and field.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from attrs import evolve

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.volumes import HostPathType
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_LABEL,
    DNS_SUBDOMAIN,
    SECRET_KEY,
    Grammar,
    check_choice,
    check_label_key,
    check_label_value,
)

Check = Callable[[str, Any], Iterator[Problem]]


def _within(low: int, high: int) -> Check:
    def check(field: str, value: int) -> Iterator[Problem]:
        if not low <= value <= high:
            remedy = f"write a number from {low} to {high}"
            yield Problem(field, show(value), f"is not between {low} and {high}", remedy)

    return check


def _words(*words: str) -> Check:
    return lambda field, value: check_choice(field, value, words)


def check_each(check: Check) -> Check:
    """Make the check of a list from that of an item."""

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


def check_address(field: str, text: str) -> Iterator[Problem]:
    """Check an IP address."""
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

FIELDS: dict[tuple[str, str], Check] = {
    ("V1ConfigMapKeySelector", "key"): SECRET_KEY.check,
    ("V1ConfigMapProjection", "name"): DNS_SUBDOMAIN.check,
    ("V1ConfigMapVolumeSource", "defaultMode"): _MODE,
    ("V1ConfigMapVolumeSource", "name"): DNS_SUBDOMAIN.check,
    ("V1Container", "terminationMessagePolicy"): _words("File", "FallbackToLogsOnError", ""),
    ("V1ContainerPort", "containerPort"): _PORT,
    ("V1ContainerPort", "hostIP"): check_address,
    ("V1ContainerPort", "hostPort"): _within(0, 2**16 - 1),
    ("V1ContainerPort", "name"): _PORT_NAME.check,
    ("V1ContainerPort", "protocol"): _words("TCP", "UDP", "SCTP"),
    ("V1CSIVolumeSource", "driver"): _csi_driver,
    ("V1DownwardAPIVolumeFile", "mode"): _MODE,
    ("V1DownwardAPIVolumeFile", "path"): check_file_path,
    ("V1DownwardAPIVolumeSource", "defaultMode"): _MODE,
    ("V1EmptyDirVolumeSource", "sizeLimit"): _quantity,
    ("V1ExecAction", "command"): _not_empty,
    ("V1HostAlias", "hostnames"): check_each(DNS_SUBDOMAIN.check),
    ("V1HostAlias", "ip"): check_address,
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
    ("V1PodAffinityTerm", "namespaces"): check_each(DNS_LABEL.check),
    ("V1PodAffinityTerm", "topologyKey"): check_label_key,
    ("V1PodReadinessGate", "conditionType"): check_label_key,
    ("V1PodSecurityContext", "fsGroup"): _ID,
    ("V1PodSecurityContext", "fsGroupChangePolicy"): _words("Always", "OnRootMismatch"),
    ("V1PodSecurityContext", "runAsGroup"): _ID,
    ("V1PodSecurityContext", "runAsUser"): _ID,
    ("V1PodSecurityContext", "supplementalGroups"): check_each(_ID),
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

REQUIRED = {
    "V1ConfigMapProjection": ("name", "the name of the config map"),
    "V1ConfigMapVolumeSource": ("name", "the name of the config map"),
    "V1ExecAction": ("command", "a list such as ['true']"),
    "V1SecretProjection": ("name", "the name of the secret"),
    "V1SecretVolumeSource": ("secretName", "the name of the secret"),
}
"""The field that each of these models must have, and what it is."""
