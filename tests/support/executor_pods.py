"""Pods as the KubernetesExecutor makes them, by Airflow's own code."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

if TYPE_CHECKING:
    from kubernetes.client import models as k8s

ARGUMENTS: dict[str, Any] = {
    "dag_id": "a_dag",
    "task_id": "a_task",
    "pod_id": "a-dag-a-task",
    "try_number": 1,
    "kube_image": "apache/airflow",
    "date": None,
    "args": ["airflow", "tasks", "run"],
    "namespace": "airflow",
    "scheduler_job_id": "1",
    "run_id": "a_run",
}


def construct_pod(
    override: k8s.V1Pod | None, template: k8s.V1Pod | dict[str, Any], **others: Any
) -> k8s.V1Pod:
    """Merge a pod as the executor does.

    Args:
        override: The task's ``pod_override``.
        template: The pod template, as a model or a manifest.
        **others: Arguments of ``PodGenerator.construct_pod`` that differ from ``ARGUMENTS``.
    """
    if isinstance(template, dict):
        template = PodGenerator.deserialize_model_dict(copy.deepcopy(template))
    return PodGenerator.construct_pod(
        pod_override_object=override, base_worker_pod=template, **{**ARGUMENTS, **others}
    )
