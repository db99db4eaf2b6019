"""Airflow's cluster policies of this package, registered by the entry point group ``airflow.policy``.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.policies import hookimpl

if TYPE_CHECKING:
    from kubernetes.client import V1Pod


@hookimpl
def pod_mutation_hook(pod: V1Pod) -> None:
    """Set a worker pod right as the scheduler launches it, and watch how it fares."""
    from airflow_provider_k8sexec.launch import amend_pod  # noqa: PLC0415  # the launching process alone
    from airflow_provider_k8sexec.pod_watch import watch_like  # noqa: PLC0415  # likewise

    amend_pod(pod)
    watch_like(pod)
