"""What is set right on a pod as the scheduler launches it, after Airflow's merge.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.manifest import EXACT_ANNOTATION

if TYPE_CHECKING:
    from kubernetes.client import V1Pod


def amend_pod(pod: V1Pod) -> None:
    """Set a merged pod right, in place."""
    _set_exact(pod)


def _set_exact(pod: V1Pod) -> None:
    """Set the fields that the task set to false or zero, and Airflow's merge took for unset.

    The task's declaration travels in an annotation; a pod without it is left alone.
    """
    annotations = (pod.metadata.annotations if pod.metadata else None) or {}
    exact = annotations.get(EXACT_ANNOTATION)
    if exact is None:
        return
    for part, holder in (("spec", pod.spec), ("container", pod.spec.containers[0])):
        attributes = {name: attribute for attribute, name in holder.attribute_map.items()}
        for name, value in json.loads(exact).get(part, {}).items():
            setattr(holder, attributes[name], value)
