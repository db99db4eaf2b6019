"""Kubernetes's Pod Security Standards, control by control.

The cases are those of https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.requested_pod.pod_security import check_pod_security

SECURE = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
APPARMOR = "container.apparmor.security.beta.kubernetes.io/base"


def pod_of(container: Any = None, metadata: Any = None, **spec: Any) -> RequestedPod:
    """Make a pod of one container."""
    containers = [{"name": "base", **(container or {})}]
    return RequestedPod({"metadata": metadata or {}, "spec": {"containers": containers, **spec}})


def secure(metadata: Any = None, *, context: Any = None, **spec: Any) -> RequestedPod:
    """Make a pod that keeps the standard ``restricted``, but for what is given."""
    return pod_of({"securityContext": {**SECURE, **(context or {})}}, metadata, **spec)


def found_in(pod: RequestedPod, level: str) -> list[tuple[str, str]]:
    """Give the control and the field of each finding."""
    return [
        (finding.rule.partition("(")[2].removesuffix(")"), show_path(finding.path))
        for finding in check_pod_security(pod, level)
    ]


BASE = "spec.containers[base]"
CONTEXT = f"{BASE}.securityContext"
BASELINE: dict[str, tuple[RequestedPod, str]] = {
    "HostProcess": (
        secure(securityContext={"windowsOptions": {"hostProcess": True}}),
        "spec.securityContext.windowsOptions.hostProcess",
    ),
    "Host Namespaces": (secure(hostPID=True), "spec.hostPID"),
    "Privileged Containers": (secure(context={"privileged": True}), f"{CONTEXT}.privileged"),
    "Capabilities": (
        pod_of({"securityContext": {"capabilities": {"add": ["CHOWN", "SYS_TIME"]}}}),
        f"{CONTEXT}.capabilities.add[SYS_TIME]",
    ),
    "HostPath Volumes": (
        secure(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
        "spec.volumes[v].hostPath.path",
    ),
    "Host Ports": (
        pod_of({"ports": [{"containerPort": 80, "hostPort": 8080}]}),
        f"{BASE}.ports[80].hostPort",
    ),
    "Host Probes / Lifecycle Hooks": (
        pod_of({"lifecycle": {"preStop": {"httpGet": {"host": "10.0.0.1"}}}}),
        f"{BASE}.lifecycle.preStop.httpGet.host",
    ),
    "AppArmor": (secure({"annotations": {APPARMOR: "unconfined"}}), f"metadata.annotations[{APPARMOR}]"),
    "SELinux": (
        secure(context={"seLinuxOptions": {"type": "spc_t"}}),
        f"{CONTEXT}.seLinuxOptions.type",
    ),
    "/proc Mount Type": (secure(context={"procMount": "Unmasked"}), f"{CONTEXT}.procMount"),
    "Seccomp": (
        pod_of({"securityContext": {"seccompProfile": {"type": "Unconfined"}}}),
        f"{CONTEXT}.seccompProfile.type",
    ),
    "Sysctls": (
        secure(securityContext={"sysctls": [{"name": "kernel/msgmax", "value": "1"}]}),
        "spec.securityContext.sysctls[kernel/msgmax].value",
    ),
}
RESTRICTED: dict[str, tuple[RequestedPod, str]] = {
    "Volume Types": (
        secure(volumes=[{"name": "v", "nfs": {"server": "n", "path": "/"}}]),
        "spec.volumes[v].nfs",
    ),
    "Privilege Escalation": (
        secure(context={"allowPrivilegeEscalation": True}),
        f"{CONTEXT}.allowPrivilegeEscalation",
    ),
    "Running as Non-root": (secure(context={"runAsNonRoot": False}), f"{CONTEXT}.runAsNonRoot"),
    "Running as Non-root user": (secure(securityContext={"runAsUser": 0}), "spec.securityContext.runAsUser"),
    "Seccomp (v1.19+)": (secure(context={"seccompProfile": {}}), f"{CONTEXT}.seccompProfile.type"),
    "Capabilities (v1.22+)": (
        secure(context={"capabilities": {"drop": ["NET_RAW"]}}),
        f"{CONTEXT}.capabilities.drop[ALL]",
    ),
}


@pytest.mark.parametrize("control", BASELINE)
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_each_control_of_baseline_holds_on_both_levels(control: str, level: str) -> None:
    """A finding names the control and the field."""
    pod, path = BASELINE[control]
    assert (control, path) in found_in(pod, level)


@pytest.mark.parametrize("control", RESTRICTED)
def test_each_control_of_restricted_holds_there_alone(control: str) -> None:
    """What ``restricted`` forbids, or requires, ``baseline`` does not."""
    pod, path = RESTRICTED[control]
    assert (control, path) in found_in(pod, "restricted")
    assert found_in(pod, "baseline") == []


@pytest.mark.parametrize(
    ("kind", "more"), [("initContainers", {}), ("initContainers", {"restartPolicy": "Always"})]
)
def test_init_containers_and_sidecars_are_held_to_it(kind: str, more: dict[str, Any]) -> None:
    """Every container of the pod keeps the standard."""
    pod = secure(**{kind: [{"name": "other", "securityContext": {**SECURE, "privileged": True}, **more}]})
    assert found_in(pod, "restricted") == [
        ("Privileged Containers", "spec.initContainers[other].securityContext.privileged")
    ]


ALLOWED: list[tuple[str, RequestedPod]] = [
    ("baseline", pod_of()),
    ("baseline", pod_of({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "CHOWN"]}}})),
    ("baseline", pod_of({"ports": [{"containerPort": 80, "hostPort": 0}]})),
    ("baseline", pod_of({"livenessProbe": {"httpGet": {"host": "", "port": 80}}})),
    ("baseline", pod_of(securityContext={"seLinuxOptions": {"type": "container_t", "level": "s0:c1"}})),
    ("baseline", pod_of(securityContext={"appArmorProfile": {"type": "Localhost"}})),
    ("baseline", pod_of(metadata={"annotations": {APPARMOR: "localhost/mine"}})),
    ("baseline", pod_of(securityContext={"sysctls": [{"name": "net/ipv4/tcp_rmem", "value": "1"}]})),
    ("baseline", pod_of({"securityContext": {"procMount": "Default"}})),
    ("restricted", secure()),
    ("restricted", secure(context={"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}})),
    ("restricted", secure(volumes=[{"name": "v"}, {"name": "w", "emptyDir": {}}])),
    ("restricted", secure(volumes=[{"name": "v", "image": {"reference": "model:1"}}])),
    (
        "restricted",
        pod_of(
            {"securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}},
            securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}},
        ),
    ),
]


@pytest.mark.parametrize(("level", "pod"), ALLOWED)
def test_what_the_standard_allows_is_no_finding(level: str, pod: RequestedPod) -> None:
    """Values that are allowed, and fields that the pod has for all its containers."""
    assert found_in(pod, level) == []


def test_what_a_container_lacks_the_pod_may_have_but_not_contradict() -> None:
    """A container that says otherwise is a finding, whatever the pod says."""
    pod = secure(context={"runAsNonRoot": False}, securityContext={"runAsNonRoot": True})
    assert found_in(pod, "restricted") == [("Running as Non-root", f"{CONTEXT}.runAsNonRoot")]


@pytest.mark.parametrize("odd", [None, 1, "text", [1], {"a": 1}])
def test_no_shape_of_a_pod_raises(odd: object) -> None:
    """A hook may have left anything."""
    for pod in (
        RequestedPod({"metadata": odd, "spec": odd}),
        pod_of({"securityContext": odd, "ports": odd, "lifecycle": odd}),
        pod_of({"securityContext": {"capabilities": odd, "seccompProfile": odd}}, securityContext=odd),
        pod_of(
            {"securityContext": {"capabilities": {"add": odd, "drop": odd}}}, volumes=[odd, {"name": odd}]
        ),
    ):
        list(check_pod_security(pod, "restricted"))
