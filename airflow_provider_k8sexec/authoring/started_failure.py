"""Says in the log of a task why the pod that it has started failed, in the words of the pod options."""

from __future__ import annotations

import logging
from typing import Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.options.manifests import Manifest, to_manifest

_logger = logging.getLogger(__name__)
_CONTAINERS = (("spec", "containers"), ("status", "containerStatuses"))


def log_failure(operator: Any, pod: Any) -> None:
    """Log why a started pod failed or does not start, where that is known; never raises.

    Args:
        operator: The operator that has started it.
        pod: The pod as Airflow has it at its end; it is read anew, because that may be how it was created.
    """
    try:
        if pod is None or pod.status.phase == "Succeeded":
            return
        from airflow_provider_k8sexec.diagnosis import diagnose_pod  # few tasks fail

        read = to_manifest(operator.pod_manager.read_pod(pod))
        diagnosis = diagnose_pod(_with_worker(read, operator.base_container_name))
        if diagnosis is not None:
            _logger.error("The started pod %s: %s", pod.metadata.name, diagnosis)
    except Exception:  # the error of the pod is Airflow's to raise
        _logger.debug("Why the started pod failed is not known.", exc_info=True)


def _with_worker(pod: Manifest, name: str) -> Manifest:
    """Give the pod with the name for the container of the task that every diagnosis has."""
    for part, field in _CONTAINERS:
        for item in maps_of(mapping_of(pod.get(part)).get(field)):
            if item.get("name") == name and isinstance(item, dict):
                item["name"] = WORKER_CONTAINER
    return pod
