"""What KubernetesPodOperator needs of the pod that it starts.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/operators.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.executor_names import POD_OPERATOR, POD_OPERATOR_LABELS
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.rules.findings import Finding
from airflow_provider_k8sexec.rules.requested_pod.executor import check_restarts, check_worker_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest


def check_labels(pod: Manifest) -> Iterator[Finding]:
    """The operator finds its pod again by labels, which it sets over those of an author."""
    labels = mapping_of(mapping_of(pod.get("metadata")).get("labels"))
    for key in sorted(POD_OPERATOR_LABELS & labels.keys()):
        reason = f"is set by {POD_OPERATOR} itself, which finds its pod by it, so that yours is lost"
        remedy = f"choose another, for example 'my-{key.replace('_', '-')}'"
        yield Finding(("metadata", "labels", key), repr(key), reason, remedy, is_of_key=True, code="K8S301")


OF_STARTED_PODS = (check_labels, check_worker_name, check_restarts)
"""What holds for a pod that the operator starts, beside the rules of the API server."""
