"""Why a pod's volumes, references or sandbox could not be set up, from its events and the words of its node.

Sources: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes,
https://secrets-store-csi-driver.sigs.k8s.io/troubleshooting and, for the events' reasons,
``pkg/kubelet/events/event.go`` of Kubernetes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.lookup import Object, find_text
from airflow_provider_k8sexec.diagnosis.sentence import CORRECT, Diagnosis

if TYPE_CHECKING:
    from collections.abc import Iterable

_MISSING_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) \S+?/(?P<name>[^\s,]+)", re.IGNORECASE
)
_MISSING_OBJECT = re.compile(r'(?P<kind>secret|configmap) "(?P<name>[^"]+)" not found')
_MISSING_FILE = re.compile(r"references non-existent (?P<kind>secret|config) key: (?P<key>\S+)")
_PATH = re.compile(r"hostPath type check failed: (?P<path>\S+)")
_CLASS = re.compile(r"failed to get secretproviderclass (?P<name>[^\s,]+)", re.IGNORECASE)
_STORE = re.compile(r"failed to mount secrets store objects|secrets-store\.csi", re.IGNORECASE)
_DRIVER = re.compile(r"driver name (?P<name>\S+) not found in the list of registered CSI drivers")
_NO_ADDRESS = re.compile(
    r"failed to assign an IP address|no available IP|insufficient.*IP|IPAM", re.IGNORECASE
)
_MOUNT = {"FailedMount", "FailedMapVolume"}
_ATTACH = {"FailedAttachVolume"}
_SANDBOX = {"FailedCreatePodSandBox", "FailedPodSandBoxStatus", "NetworkNotReady"}


def diagnose_events(events: Iterable[Object]) -> Diagnosis | None:
    """Diagnose from its events why a pod does not start; the latest one with a known reason counts."""
    found = None
    for event in events:
        reason, message = find_text(event, "reason"), find_text(event, "message")
        if message and reason in _MOUNT | _ATTACH | _SANDBOX:
            found = _diagnose_event(reason, message)
    return found


def _diagnose_event(reason: str, message: str) -> Diagnosis:
    if reason in _SANDBOX:
        return Diagnosis("Sandbox", message, _after_sandbox(message), reason)
    if "Multi-Attach error" in message:
        remedy = (
            "use a claim with the access mode ReadWriteMany, or run the tasks that share it on one node, or "
            "one after the other"
        )
        return Diagnosis("MultiAttach", message, remedy, reason)
    if reason in _ATTACH:
        remedy = (
            "find out why the volume cannot be attached: kubectl describe pvc, kubectl get volumeattachments"
        )
        return Diagnosis("VolumeAttach", message, remedy, reason)
    return _diagnose_mount(reason, message)


def _after_sandbox(message: str) -> str:
    if _NO_ADDRESS.search(message):
        return "give the nodes' subnet more addresses, or run fewer pods at once, in a pool"
    return "check the network plugin and the container runtime of the node"


def _diagnose_mount(reason: str, message: str) -> Diagnosis:
    driver, provider = _DRIVER.search(message), _CLASS.search(message)
    if driver:
        remedy = (
            f"install the CSI driver {driver['name']!r} on the nodes, or keep the pod off those without it"
        )
        return Diagnosis("CSIDriver", message, remedy, reason)
    if provider:
        _, _, name = provider["name"].rpartition("/")
        remedy = (
            f"create the SecretProviderClass {name!r} in the pod's namespace, or name another in volumes=..."
        )
        return Diagnosis("SecretProviderClass", message, remedy, reason)
    if _STORE.search(message):
        remedy = (
            "correct the SecretProviderClass, or what the provider has: kubectl describe secretproviderclass"
        )
        return Diagnosis("SecretProviderClass", message, remedy, reason)
    remedy = after_missing(message)
    if remedy:
        return Diagnosis("VolumeSource", message, remedy, reason)
    return Diagnosis(
        "VolumeMount", message, "find out why: kubectl describe pvc, and the node's kubelet", reason
    )


def after_missing(message: str) -> str:
    """Suggest what to do about an object, key or path that is missing; empty where nothing is."""
    key, missing = _MISSING_KEY.search(message), _MISSING_OBJECT.search(message)
    file, path = _MISSING_FILE.search(message), _PATH.search(message)
    if key:
        kind = "secret" if key["kind"].lower() == "secret" else "config map"
        optional = f", or write Secret({key['key']!r}, name={key['name']!r}, optional=True)"
        return (
            f"add the key {key['key']!r} to the {kind} {key['name']!r}{optional if kind == 'secret' else ''}"
        )
    if missing:
        kind = "secret" if missing["kind"] == "secret" else "config map"
        return f"create the {kind} {missing['name']!r}, or refer to another one"
    if file:
        kind = "secret" if file["kind"] == "secret" else "config map"
        return f"add the key {file['key']!r} to the {kind}, or remove it from the pod options"
    if path:
        return f"name a path that the node has, of that type, instead of {path['path']!r}"
    return ""


def after_config_error(message: str) -> str:
    """Suggest what to do where a container's configuration cannot be made."""
    if "runAsNonRoot" in message:
        return "write container_security_context={'runAsUser': 50000}"
    return after_missing(message) or CORRECT
