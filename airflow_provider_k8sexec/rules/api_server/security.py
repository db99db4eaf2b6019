"""What the API server takes in security contexts, and in the fields of a pod that bear on them.

Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.manifests import CONTAINERS
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.checks import check_repeats
from airflow_provider_k8sexec.rules.api_server.fields import check_descending
from airflow_provider_k8sexec.rules.api_server.names import APP_ARMOR, check_choice
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.api_server.checks import Check

_PROFILE_KINDS = ("RuntimeDefault", "Unconfined", "Localhost")
_APP_ARMOR_WORDS = {"runtime/default": "RuntimeDefault", "unconfined": "Unconfined"}
_NODE_PROFILE = "localhost/"
_IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")


def _profile(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check a seccomp or AppArmor profile."""
    kind, profile = part.get("type"), part.get("localhostProfile")
    yield from check_choice((*path, "type"), kind, _PROFILE_KINDS)
    if kind == "Localhost" and not (profile or "").strip():
        remedy = "write 'localhostProfile': 'profiles/task.json'"
        yield Finding((*path, "type"), show(kind), "needs the profile on the node", remedy, code="K8S207")
    elif kind != "Localhost" and profile is not None:
        reason = f"is given, and {kind!r} takes none"
        yield Finding(
            (*path, "localhostProfile"), show(profile), reason, "write 'type': 'Localhost'", code="K8S207"
        )


def _seccomp(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from _profile(path, part)
    yield from check_descending((*path, "localhostProfile"), part.get("localhostProfile") or "")


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
        yield Finding((*path, "allowPrivilegeEscalation"), "False", reason, "remove one", code="K8S207")


def check_host_namespaces(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check what a pod's security contexts say against the namespaces of the node that it shares."""
    security = part.get("securityContext") or {}
    for here, sysctl in maps_at((*path, "securityContext"), security, "sysctls"):
        yield from _host_sysctl((*here, "name"), sysctl.get("name") or "", part)
    own_users = part.get("hostUsers") is False
    for name in ("hostIPC", "hostNetwork", "hostPID") if own_users else ():
        if part.get(name):
            yield Finding(
                (*path, name), "True", "contradicts hostUsers, which is False", "remove one", code="K8S207"
            )
    for kind in CONTAINERS:
        for here, container in maps_at(path, part, kind):
            yield from _host_users(here, container, own_users=own_users)
    yield from _windows(path, part)


def _host_sysctl(path: Path, name: str, part: Manifest) -> Iterator[Finding]:
    name = name.replace("/", ".")
    is_network = name.startswith("net.") and part.get("hostNetwork")
    is_ipc = name.startswith(_IPC_SYSCTLS) and part.get("hostIPC")
    if is_network or is_ipc:
        host = "hostNetwork" if is_network else "hostIPC"
        yield Finding(path, show(name), f"is the node's own with {host}", "remove one", code="K8S207")


def _host_users(path: Path, container: Mapping[str, Any], *, own_users: bool) -> Iterator[Finding]:
    devices = container.get("volumeDevices")
    if own_users and devices:
        reason = "are given, and a pod whose hostUsers is False has no block devices"
        yield Finding((*path, "volumeDevices"), "", reason, "remove one", code="K8S207")
    if (container.get("securityContext") or {}).get("procMount") == "Unmasked" and not own_users:
        here = (*path, "securityContext", "procMount")
        yield Finding(
            here,
            "'Unmasked'",
            "needs user namespaces",
            "write 'hostUsers': False in the pod's spec",
            code="K8S207",
        )


def _windows(path: Path, part: Manifest) -> Iterator[Finding]:
    """Check the options of Windows, of the pod and of its containers, against the pod's system."""
    system = (part.get("os") or {}).get("name")
    owners = [(path, part), *(item for kind in CONTAINERS for item in maps_at(path, part, kind))]
    for owner, item in owners:
        options = (item.get("securityContext") or {}).get("windowsOptions")
        here = (*owner, "securityContext", "windowsOptions")
        if options is not None and system == "linux":
            yield Finding(here, "", "are given, and the pod's os is 'linux'", "remove one", code="K8S207")
        elif options and options.get("hostProcess") and not part.get("hostNetwork"):
            reason = "needs hostNetwork"
            yield Finding(
                (*here, "hostProcess"),
                "True",
                reason,
                "write 'hostNetwork': True in the pod's spec",
                code="K8S207",
            )


def check_app_armor(path: Path, pod: Manifest) -> Iterator[Finding]:
    """Check the annotations by which AppArmor profiles were set before Kubernetes 1.30, against the fields.

    A partial pod may lack a container that the template has, so only those that it has are compared.
    """
    spec = pod.get("spec") or {}
    containers = {
        item["name"]: item for kind in CONTAINERS for _, item in maps_at((), spec, kind) if "name" in item
    }
    for key, value in ((pod.get("metadata") or {}).get("annotations") or {}).items():
        if key.startswith(APP_ARMOR):
            here = (*path, "metadata", "annotations", key)
            if value not in _APP_ARMOR_WORDS and not value.startswith(_NODE_PROFILE):
                choices = ", ".join(map(repr, [*_APP_ARMOR_WORDS, _NODE_PROFILE + "..."]))
                yield Finding(
                    here, show(value), "is no AppArmor profile", f"write one of {choices}", code="K8S207"
                )
                continue
            container = containers.get(key.removeprefix(APP_ARMOR)) or {}
            yield from _same_profile(
                here, value, (container.get("securityContext") or {}).get("appArmorProfile")
            )


def _same_profile(path: Path, annotated: str, profile: Manifest | None) -> Iterator[Finding]:
    kind = _APP_ARMOR_WORDS.get(annotated, "Localhost")
    if profile is not None and profile.get("type") != kind:
        reason = f"differs from the container's appArmorProfile, whose type is {show(profile.get('type'))}"
        yield Finding(path, show(annotated), reason, "remove the annotation", code="K8S207")


SECURITY: dict[str, Check] = {
    "V1AppArmorProfile": _profile,
    "V1PodSecurityContext": _pod_security,
    "V1SeccompProfile": _seccomp,
    "V1SecurityContext": _security,
}
