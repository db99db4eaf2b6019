"""The KubernetesPodOperator makes a pod of its own; an override shapes the one that waits for it."""

from __future__ import annotations

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

SMALL = k8s.V1ResourceRequirements(
    requests={"cpu": "100m", "memory": "256Mi"}, limits={"cpu": "100m", "memory": "256Mi"}
)
WAITING = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", resources=SMALL)]))

with DAG("pods", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), schedule=None):
    KubernetesPodOperator(
        task_id="own_pod",
        image="busybox:1.37",
        cmds=["true"],
        executor_config={"pod_override": WAITING},
    )
