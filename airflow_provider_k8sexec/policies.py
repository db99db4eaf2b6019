"""Airflow's cluster policies of this package, registered by the entry point group ``airflow.policy``.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow.policies import hookimpl

if TYPE_CHECKING:
    from kubernetes.client import V1Pod

EXACT_ANNOTATION = "k8sexec/exact"
"""As in :mod:`airflow_provider_k8sexec.manifest`, which no other process needs to import."""


@hookimpl
def pod_mutation_hook(pod: V1Pod) -> None:
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
