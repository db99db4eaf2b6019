"""The pod of a try, where the cluster still has it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat

if TYPE_CHECKING:
    from airflow_provider_k8sexec.spec.manifests import Manifest
    from airflow_provider_k8sexec.ui.subject import Subject

_SECONDS = (1, 3)
"""To connect, and to answer: people wait for the page."""

_logger = logging.getLogger(__name__)


def read_launched_pod(subject: Subject, number: int, namespace: str) -> Manifest | None:
    """Read the pod of a try from the cluster.

    The API server of Airflow may do so where it may read the logs of worker pods.

    Returns:
        The pod, without what the cluster notes for itself; ``None`` if it is gone or cannot be read.
    """
    if "Kubernetes" not in (_compat.load_option("core", "executor") or ""):
        return None
    from airflow.providers.cncf.kubernetes.kube_client import get_kube_client  # imports kubernetes
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # likewise

    selector = PodGenerator.build_selector_for_k8s_executor_pod(  # type: ignore[no-untyped-call]
        dag_id=subject.dag_id,
        task_id=subject.task_id,
        try_number=number,
        map_index=subject.map_index,
        run_id=subject.run_id,
    )
    try:
        found = get_kube_client().list_namespaced_pod(
            namespace, label_selector=selector, _request_timeout=_SECONDS
        )
    except Exception as error:  # noqa: BLE001  # the client raises of all kinds; the page has another pod to show
        _logger.info("The pod of try %s of %s cannot be read: %s", number, subject, error)
        return None
    return _without_notes(PodGenerator.serialize_pod(found.items[-1])) if found.items else None


def _without_notes(pod: Manifest) -> Manifest:
    metadata = {name: value for name, value in pod["metadata"].items() if name in _TOLD}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"]}


_TOLD = ("annotations", "labels", "name", "namespace")
