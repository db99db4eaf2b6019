"""Why the cluster ended a pod: the condition ``DisruptionTarget``.

Source: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions
"""

from __future__ import annotations

from airflow_provider_k8sexec.diagnosis.lookup import Object, find, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis

_AGAIN = "set retries=... so that the task runs again"
_REASONS = {
    "PreemptionByScheduler": (
        "Preempted",
        "it was preempted by a pod of a higher priority",
        f"{_AGAIN}, or write priority_class_name='...' with a priority that is not preempted",
    ),
    "DeletionByTaintManager": (
        "NodeTainted",
        "its node got a taint with the effect NoExecute, which the pod does not tolerate",
        f"{_AGAIN} on another node, or write tolerations=['...:NoExecute'] for the taint",
    ),
    "EvictionByEvictionAPI": (
        "Drained",
        "it was evicted through the Kubernetes API, as a drain or an autoscaler does to empty a node",
        f"{_AGAIN}, or write annotations={{'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false'}}",
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


def diagnose_disruption(pod: Object) -> Diagnosis | None:
    """Diagnose why the cluster ended a pod, if it did.

    The condition is set before the pod is deleted, and reset where the deletion is given up. So it proves a
    disruption only in a pod that has failed.
    """
    if find(pod, "status", "phase") != "Failed":
        return None
    for condition in find_objects(pod, "status", "conditions"):
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            reason, message = find_text(condition, "reason"), find_text(condition, "message")
            otherwise = "Disrupted", message or "the cluster ended the pod", _AGAIN
            code, cause, remedy = _REASONS.get(reason, otherwise)
            return Diagnosis(code, cause, remedy, reason)
    return None
