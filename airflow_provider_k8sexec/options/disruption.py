"""Whether a node may be emptied under a task, in one word for all who empty nodes.

Sources: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md and
https://karpenter.sh/docs/concepts/disruption/#pod-level-controls
"""

from __future__ import annotations

from airflow_provider_k8sexec.options.problems import refusal

_SAFE_TO_EVICT = "cluster-autoscaler.kubernetes.io/safe-to-evict"
_DO_NOT_DISRUPT = "karpenter.sh/do-not-disrupt"

DISRUPTION_ANNOTATIONS = {
    "avoid": {_SAFE_TO_EVICT: "false", _DO_NOT_DISRUPT: "true"},
    "allow": {_SAFE_TO_EVICT: "true", _DO_NOT_DISRUPT: "false"},
}
"""The annotations that each choice stands for."""


def parse_disruption(field: str, value: object) -> str:
    """Read ``"avoid"`` or ``"allow"``.

    Raises:
        SpecError: The value is something else.
    """
    if isinstance(value, str) and value in DISRUPTION_ANNOTATIONS:
        return value
    meant = value.strip().lower() if isinstance(value, str) else ""
    remedy = f"write '{meant}'" if meant in DISRUPTION_ANNOTATIONS else "write 'avoid' or 'allow'"
    raise refusal(field, value, "is not a choice of disruption", remedy)
