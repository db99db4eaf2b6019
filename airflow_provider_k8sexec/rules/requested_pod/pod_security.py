"""Kubernetes's Pod Security Standards, ``baseline`` and ``restricted``, as of Kubernetes 1.36.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/

Each control yields what it forbids, with the path of the field. The exemptions for Windows pods and for user
namespaces are not made: a worker runs on Linux, and a cluster may run without user namespaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_at, maps_of
from airflow_provider_k8sexec.options.paths import NamedPath, show_path
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.api_server.names import APP_ARMOR
from airflow_provider_k8sexec.rules.findings import Breach, by_name

Forbidden = tuple[NamedPath, Any, str]
"""A field, what it has (``None`` where it should have something), and what to do, as an imperative."""

Control = Callable[[RequestedPod], Iterator[Forbidden]]

_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.ip_local_reserved_ports",
        "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range",
        "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl",
        "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_rmem",
        "net.ipv4.tcp_syncookies",
        "net.ipv4.tcp_wmem",
    }
)
_SELINUX_TYPES = ("container_t", "container_init_t", "container_kvm_t", "container_engine_t")
_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",  # since 1.33: https://github.com/kubernetes/kubernetes/pull/130394
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_PROFILES = ("RuntimeDefault", "Localhost")
_HANDLERS = (
    *(("livenessProbe",), ("readinessProbe",), ("startupProbe",)),
    *(("lifecycle", "postStart"), ("lifecycle", "preStop")),
)
_REMOVE = "remove it"
_Contexts = Iterator[tuple[NamedPath, Mapping[str, Any]]]


def check_pod_security(pod: RequestedPod, level: str) -> Iterator[Breach]:
    """Find what a level of the standards forbids.

    Args:
        pod: The pod, as it is launched: a control that demands a field looks for it there.
        level: ``baseline`` or ``restricted``, which includes ``baseline``.
    """
    controls = {**_BASELINE, **_RESTRICTED} if level == "restricted" else _BASELINE
    for name, control in controls.items():
        reason = f"by the Pod Security Standard {level!r} ({name})"
        for path, value, remedy in control(pod):
            verb = "is required" if value is None else "is forbidden"
            shown = show(value) if isinstance(value, (str, int)) else ""
            problem = Problem(show_path(path), shown, f"{verb} {reason}", remedy, code="K8S606")
            yield Breach(f"pod_security: {level} ({name})", path, value, problem)


def _containers(pod: RequestedPod) -> _Contexts:
    for path, container in pod.every_container():
        yield by_name(path, container), container


def _container_contexts(pod: RequestedPod) -> _Contexts:
    for path, container in _containers(pod):
        yield (*path, "securityContext"), mapping_of(container.get("securityContext"))


def _contexts(pod: RequestedPod) -> _Contexts:
    yield ("spec", "securityContext"), mapping_of(pod.spec.get("securityContext"))
    yield from _container_contexts(pod)


def _host_process(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _contexts(pod):
        options = mapping_of(context.get("windowsOptions"))
        if options.get("hostProcess"):
            yield ((*path, "windowsOptions", "hostProcess"), options["hostProcess"], _REMOVE)


def _host_namespaces(pod: RequestedPod) -> Iterator[Forbidden]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(name):
            yield (("spec", name), pod.spec[name], _REMOVE)


def _privileged(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _container_contexts(pod):
        if context.get("privileged"):
            yield ((*path, "privileged"), context["privileged"], _REMOVE)


def _capabilities(pod: RequestedPod) -> Iterator[Forbidden]:
    yield from _added(pod, _CAPABILITIES)


def _added(pod: RequestedPod, allowed: frozenset[str]) -> Iterator[Forbidden]:
    for path, context in _container_contexts(pod):
        added = mapping_of(context.get("capabilities")).get("add")
        for name in added if isinstance(added, list) else ():
            if name not in allowed:
                remedy = f"add none but {', '.join(sorted(allowed))}"
                yield ((*path, "capabilities", "add", f"[{name}]"), name, remedy)


def _host_path_volumes(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, volume in maps_at(("spec",), pod.spec, "volumes"):
        source = volume.get("hostPath")
        if source is not None:
            place = (*by_name(path, volume), "hostPath", "path")
            yield (place, mapping_of(source).get("path"), "mount a claim or an emptyDir")


def _host_ports(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, container in _containers(pod):
        for port in maps_of(container.get("ports")):
            if port.get("hostPort"):
                place = (*path, "ports", f"[{port.get('containerPort')}]", "hostPort")
                yield (place, port["hostPort"], _REMOVE)


def _host_probes(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, container in _containers(pod):
        for steps in _HANDLERS:
            handler: Mapping[str, Any] = container
            for step in steps:
                handler = mapping_of(handler.get(step))
            for action in ("httpGet", "tcpSocket"):
                host = mapping_of(handler.get(action)).get("host")
                if host:
                    yield ((*path, *steps, action, "host"), host, _REMOVE)


def _app_armor(pod: RequestedPod) -> Iterator[Forbidden]:
    for name, text in mapping_of(pod.metadata.get("annotations")).items():
        profile = str(text)
        is_known = profile in ("", "runtime/default") or profile.startswith("localhost/")
        if str(name).startswith(APP_ARMOR) and not is_known:
            yield (("metadata", "annotations", f"[{name}]"), text, "write runtime/default")
    for path, context in _contexts(pod):
        kind = mapping_of(context.get("appArmorProfile")).get("type")
        if kind is not None and kind not in _PROFILES:
            yield ((*path, "appArmorProfile", "type"), kind, "write RuntimeDefault")


def _selinux(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _contexts(pod):
        options = mapping_of(context.get("seLinuxOptions"))
        for name, allowed in (("type", _SELINUX_TYPES), ("user", ()), ("role", ())):
            value = options.get(name)
            if value and value not in allowed:
                remedy = f"write one of {', '.join(allowed)}" if allowed else _REMOVE
                yield ((*path, "seLinuxOptions", name), value, remedy)


def _proc_mount(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _container_contexts(pod):
        if context.get("procMount") not in (None, "", "Default"):
            yield ((*path, "procMount"), context["procMount"], _REMOVE)


def _seccomp(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _contexts(pod):
        kind = mapping_of(context.get("seccompProfile")).get("type")
        if kind is not None and kind not in _PROFILES:
            yield ((*path, "seccompProfile", "type"), kind, "write RuntimeDefault")


def _sysctls(pod: RequestedPod) -> Iterator[Forbidden]:
    for sysctl in maps_of(mapping_of(pod.spec.get("securityContext")).get("sysctls")):
        name = str(sysctl.get("name")).replace("/", ".")  # Kubernetes takes both forms
        if name not in _SYSCTLS:
            path = ("spec", "securityContext", "sysctls", f"[{sysctl.get('name')}]")
            yield ((*path, "value"), sysctl.get("value"), _REMOVE)


def _volume_types(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, volume in maps_at(("spec",), pod.spec, "volumes"):
        sources = [name for name in volume if name != "name"]
        for source in sources:
            if source not in _VOLUMES and source != "hostPath":  # which the baseline finds
                place = (*by_name(path, volume), source)
                yield (place, volume[source], f"use one of {', '.join(sorted(_VOLUMES))}")


def _privilege_escalation(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _container_contexts(pod):
        value = context.get("allowPrivilegeEscalation")
        if value is not False:
            yield ((*path, "allowPrivilegeEscalation"), value, "write allowPrivilegeEscalation: false")


def _non_root(pod: RequestedPod) -> Iterator[Forbidden]:
    of_pod = mapping_of(pod.spec.get("securityContext")).get("runAsNonRoot")
    for path, context in _container_contexts(pod):
        value = context.get("runAsNonRoot")
        if value is False or (value is None and of_pod is not True):
            yield ((*path, "runAsNonRoot"), value, "write runAsNonRoot: true")


def _non_root_user(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _contexts(pod):
        if context.get("runAsUser") == 0:
            yield ((*path, "runAsUser"), 0, "write another user, such as 50000")


def _seccomp_required(pod: RequestedPod) -> Iterator[Forbidden]:
    of_pod = mapping_of(mapping_of(pod.spec.get("securityContext")).get("seccompProfile")).get("type")
    for path, context in _container_contexts(pod):
        if mapping_of(context.get("seccompProfile")).get("type") is None and of_pod not in _PROFILES:
            yield ((*path, "seccompProfile", "type"), None, "write seccompProfile: RuntimeDefault")


def _capabilities_dropped(pod: RequestedPod) -> Iterator[Forbidden]:
    for path, context in _container_contexts(pod):
        dropped = mapping_of(context.get("capabilities")).get("drop")
        if not isinstance(dropped, list) or "ALL" not in dropped:
            yield ((*path, "capabilities", "drop", "[ALL]"), None, "drop the capabilities ALL")
    yield from _added(pod, frozenset({"NET_BIND_SERVICE"}))


_BASELINE: dict[str, Control] = {
    "HostProcess": _host_process,
    "Host Namespaces": _host_namespaces,
    "Privileged Containers": _privileged,
    "Capabilities": _capabilities,
    "HostPath Volumes": _host_path_volumes,
    "Host Ports": _host_ports,
    "Host Probes / Lifecycle Hooks": _host_probes,
    "AppArmor": _app_armor,
    "SELinux": _selinux,
    "/proc Mount Type": _proc_mount,
    "Seccomp": _seccomp,
    "Sysctls": _sysctls,
}
_RESTRICTED: dict[str, Control] = {
    "Volume Types": _volume_types,
    "Privilege Escalation": _privilege_escalation,
    "Running as Non-root": _non_root,
    "Running as Non-root user": _non_root_user,
    "Seccomp (v1.19+)": _seccomp_required,
    "Capabilities (v1.22+)": _capabilities_dropped,
}
