"""Why the cluster, or its node, ended or refused a pod as a whole.

Sources: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions,
https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/,
https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/; for what a node refuses,
``pkg/kubelet/lifecycle/predicate.go`` of Kubernetes; for what Kueue ends, ``pkg/controller/jobframework`` and
``apis/kueue/v1beta1/workload_types.go`` of kubernetes-sigs/kueue.
"""

from __future__ import annotations

import datetime as dt
import re

from airflow_provider_k8sexec.diagnosis.lookup import (
    Object,
    find,
    find_named,
    find_number,
    find_objects,
    find_text,
    find_time,
)
from airflow_provider_k8sexec.diagnosis.phases import FAILED, has_failed, has_succeeded
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis, double, parse_amount, show_option
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.disruption import DISRUPTION_ANNOTATIONS
from airflow_provider_k8sexec.options.kueue import ENDED_BY_KUEUE
from airflow_provider_k8sexec.options.resource_names import BYTES, EPHEMERAL_STORAGE

_AGAIN = "set retries=... so that the task runs again"
_TAINTED = (
    "NodeTainted",
    "its node got a taint with the effect NoExecute, which the pod does not tolerate",
    f"{_AGAIN} on another node, or write tolerations=['...:NoExecute'] for the taint",
)
_DISRUPTIONS = {
    "PreemptionByScheduler": (
        "Preempted",
        "it was preempted by a pod of a higher priority",
        f"{_AGAIN}, or write priority_class_name='...' with a priority that is not preempted",
    ),
    "DeletionByTaintManager": _TAINTED,
    "DeletionByDeviceTaintManager": (
        "NodeTainted",
        "a device of the pod got a taint with the effect NoExecute",
        f"{_AGAIN} with another device",
    ),
    "EvictionByEvictionAPI": (
        "Drained",
        "it was evicted through the Kubernetes API, as a drain or an autoscaler does to empty a node",
        _AGAIN,
    ),
    "DeletionByPodGC": (
        "NodeLost",
        "its node no longer exists",
        f"{_AGAIN}, or keep it off nodes that may be taken away, such as spot nodes, with node_selector=...",
    ),
    "TerminationByKubelet": (
        "NodePressure",
        "its node ended it, because it was short of a resource, was shut down or had a critical pod to run",
        f"{_AGAIN} on another node",
    ),
}
_TARGETS = {"DisruptionTarget", ENDED_BY_KUEUE}
"""The conditions of a pod that is to be ended: Kubernetes' own, and that of Kueue."""

_BY_KUEUE = {
    "Preempted": ("Preempted", "Kueue preempted it, to give its quota to another workload", _AGAIN),
    "PodsReadyTimeout": (
        "Disrupted",
        "Kueue took its quota back, because the pod was not ready in time",
        f"{_AGAIN}, or have waitForPodsReady of Kueue allow more time",
    ),
    "NodeFailures": ("NodeLost", "Kueue ended it, because its node failed", _AGAIN),
    "AdmissionCheck": ("Disrupted", "Kueue took its quota back, because an admission check failed", _AGAIN),
    "ClusterQueueStopped": ("Disrupted", "Kueue ended it, because its ClusterQueue was stopped", _AGAIN),
    "LocalQueueStopped": ("Disrupted", "Kueue ended it, because its queue was stopped", _AGAIN),
}
"""By why Kueue evicted the workload of the pod."""

_EVICTED = "WorkloadEvictedDueTo"

_CLOCKS_DIFFER = dt.timedelta(minutes=1)
"""The node's clock says when a container ended, another one when a condition was set."""

_ON_ANOTHER = f"{_AGAIN}, on another node"
_AFTER_SHUTDOWN = f"{_ON_ANOTHER}, or keep it off spot nodes with node_selector=..."
_OF_NODE = {
    "Terminated": ("NodeShutdown", _AFTER_SHUTDOWN),
    "Shutdown": ("NodeShutdown", _AFTER_SHUTDOWN),
    "NodeShutdown": ("NodeShutdown", _AFTER_SHUTDOWN),
    "NodeLost": ("NodeLost", _ON_ANOTHER),
    "Preempting": ("Preempted", _ON_ANOTHER),
    "SysctlForbidden": (
        "SysctlForbidden",
        "remove the sysctl from security_context=..., or allow it on the nodes (--allowed-unsafe-sysctls)",
    ),
}
_REFUSED_BY_NODE = re.compile(
    r"OutOf\w+|NodeAffinity|NodePorts|NodeName|UnexpectedAdmissionError|TopologyAffinityError|AppArmor|"
    r"InvalidNodeInfo|PodOS\w+|UnknownReason|HostNameTooLong|\w*ResourceDisappeared\w*|AdmissionError"
)
_EMPTY_DIR = re.compile(r'EmptyDir volume "(?P<name>[^"]+)" exceeds the limit "(?P<limit>[^"]+)"')
_OWN_DISK = re.compile(r'(?:storage limit|total limit of containers) "?(?P<limit>[0-9][^\s"]*?)"?\.?(?:\s|$)')
_LOW = re.compile(r"low on resource: (?P<resource>[a-z-]+)")
_WAS_USING = re.compile(r"Container (?P<name>\S+) was using (?P<amount>[0-9][^\s,]*)")


def diagnose_disruption(pod: Object) -> Diagnosis | None:
    """Diagnose why the cluster ended a pod, by the condition that it then sets.

    The condition is set before the pod is deleted, and reset where the deletion is given up. So it proves a
    disruption only in a pod that has failed, and whose worker had not ended before: who empties a node marks
    all pods that are left there, whatever became of them.
    """
    if not has_failed(pod):
        return None
    for condition in find_objects(pod, "status", "conditions"):
        is_target = find_text(condition, "type") in _TARGETS and condition.get("status") == "True"
        if is_target and not _had_ended(pod, condition):
            reason, message = find_text(condition, "reason"), find_text(condition, "message")
            known = _DISRUPTIONS.get(reason) or _read_eviction(reason, message)
            otherwise = _code_of(message), message or "the cluster ended the pod", _AGAIN
            code, cause, remedy = known or otherwise
            if code == "Drained" and not _is_kept(pod):
                remedy = f"{remedy}, or write disruption='avoid'"
            return Diagnosis(code, cause, remedy, reason)
    return None


def as_disrupted(pod: Object) -> Object:
    """Give a pod that is being ended by the cluster as it will be when it has ended; any other as it is.

    Its task may have ended before it: a worker that gets SIGTERM reports a failure at once.
    """
    marks = [item for item in find_objects(pod, "status", "conditions") if item.get("type") in _TARGETS]
    if any(mark.get("status") == "True" for mark in marks) and not has_succeeded(pod):
        return {**pod, "status": {**pod["status"], "phase": FAILED}}
    return pod


def _had_ended(pod: Object, condition: Object) -> bool:
    """Report whether the worker had ended, well or badly, when a condition was set."""
    statuses = find_objects(pod, "status", "containerStatuses")
    worker = next((item for item in statuses if item.get("name") == WORKER_CONTAINER), {})
    ended = find_time(worker, "state", "terminated", "finishedAt")
    since = find_time(condition, "lastTransitionTime")
    return ended is not None and since is not None and since - ended > _CLOCKS_DIFFER


def _is_kept(pod: Object) -> bool:
    """Report whether autoscalers are to keep the pod where it is, so that a person has drained its node."""
    annotations = find(pod, "metadata", "annotations")
    return all(find_text(annotations, key) == value for key, value in DISRUPTION_ANNOTATIONS["avoid"].items())


def _read_eviction(reason: str, message: str) -> tuple[str, str, str] | None:
    """Read why Kueue evicted the workload of the pod; ``None`` where the reason does not have that.

    Earlier versions of Kueue write ``WorkloadEvicted`` alone, and the rest in the message.
    """
    known = _BY_KUEUE.get(reason.removeprefix(_EVICTED)) if reason.startswith(_EVICTED) else None
    if known is None:
        return None
    code, cause, remedy = known
    return code, f"{cause}: {message}" if message else cause, remedy


def _code_of(message: str) -> str:
    return "Preempted" if "preempt" in message.lower() else "Disrupted"


def diagnose_whole(pod: Object) -> Diagnosis | None:
    """Diagnose by the reason of the pod as a whole, which its node sets when it ends or refuses the pod."""
    reason, message = find_text(pod, "status", "reason"), find_text(pod, "status", "message")
    if not has_failed(pod) or not reason:
        return None
    if reason == "DeadlineExceeded":
        return _diagnose_deadline(find_number(pod, "spec", "activeDeadlineSeconds"), message)
    if reason == "Evicted":
        return _diagnose_eviction(message, pod)
    code = "NodeAdmission" if _REFUSED_BY_NODE.fullmatch(reason) else "NodeFailure"
    code, remedy = _OF_NODE.get(reason, (code, _ON_ANOTHER))
    return Diagnosis(code, message or "the node ended the pod", remedy, reason)


def _diagnose_deadline(seconds: int, message: str) -> Diagnosis:
    if not seconds:
        remedy = "set a longer active_deadline_seconds=..., or remove the option"
        return Diagnosis("DeadlineExceeded", message or "its time limit had passed", remedy)
    remedy = f"set active_deadline_seconds={2 * seconds}, or remove the option"
    return Diagnosis("DeadlineExceeded", f"active_deadline_seconds={seconds} had passed", remedy)


def _diagnose_eviction(message: str, pod: Object) -> Diagnosis:
    """Diagnose what the node was short of, or which limit of the pod's own was exceeded."""
    volume, own, low = _EMPTY_DIR.search(message), _OWN_DISK.search(message), _LOW.search(message)
    if volume:
        return Diagnosis("EphemeralStorage", message, _enlarge(volume, pod), "Evicted")
    if own:
        limit = parse_amount(own["limit"])
        option = show_option(EPHEMERAL_STORAGE, double(limit)) if limit else "ephemeral_storage=..."
        return Diagnosis("EphemeralStorage", message, f"write {option}", "Evicted")
    cause = message or "the node was short of a resource"
    # The kubelet names the containers that used more than they requested; without one, others are to blame.
    used = sorted(_WAS_USING.finditer(message), key=lambda match: match["name"] != WORKER_CONTAINER)
    if low and low["resource"] in BYTES and used:
        return Diagnosis("Evicted", cause, _request_used(low["resource"], used[0]))
    return Diagnosis("NodePressure", cause, _ON_ANOTHER, "Evicted")


def _enlarge(volume: re.Match[str], pod: Object) -> str:
    mounts = find_objects(find_named(pod, "containers", WORKER_CONTAINER), "volumeMounts")
    path = next((mount.get("mountPath") for mount in mounts if mount.get("name") == volume["name"]), None)
    limit = parse_amount(volume["limit"])
    size = repr(double(limit)) if limit else "..."
    if path is None:
        return f"set the sizeLimit of the volume {volume['name']!r} to {size}"
    return f"write volumes={{{path!r}: EmptyDir(size={size})}}"


def _request_used(resource: str, used: re.Match[str]) -> str:
    amount = parse_amount(used["amount"])
    if used["name"] != WORKER_CONTAINER:
        return f"let container {used['name']!r} request the {resource} that it uses, {used['amount']}"
    option = f"{resource.replace('-', '_')}=..."
    requested = show_option(resource, amount.text) if amount else option
    return f"request what the task needs, {requested}, so that a node keeps it free"
