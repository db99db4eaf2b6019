"""Whether a pod has ended, by its phase.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
"""

from __future__ import annotations

from airflow_provider_k8sexec.diagnosis.lookup import Object, find_text

FAILED = "Failed"
_SUCCEEDED = "Succeeded"


def has_succeeded(pod: Object) -> bool:
    """Report whether all containers of a pod have ended well."""
    return _find_phase(pod) == _SUCCEEDED


def has_failed(pod: Object) -> bool:
    """Report whether all containers of a pod have ended, and one of them has failed, or was ended."""
    return _find_phase(pod) == FAILED


def has_ended(pod: Object) -> bool:
    """Report whether all containers of a pod have ended, and will not start again."""
    return _find_phase(pod) in {_SUCCEEDED, FAILED}


def _find_phase(pod: Object) -> str:
    return find_text(pod, "status", "phase")
