"""A config that no task has leaves no trace in the DAG (ANCHORS: "configs never attached to a task")."""

from __future__ import annotations

import pendulum
from kubernetes.client import models as k8s

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

START = pendulum.datetime(2026, 1, 1, tz="UTC")

LARGE = {
    "pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="etl:1")]))
}

with DAG("unused", start_date=START, schedule=None):

    @task
    def never_large(): ...

    never_large()
