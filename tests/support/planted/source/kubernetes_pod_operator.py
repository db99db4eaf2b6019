"""`pod_override=` given to the KubernetesPodOperator (ANCHORS: 4), where Airflow does not say what to do."""

from __future__ import annotations

import pendulum
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

POD = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base")]))

with DAG("kubernetes_pod_operator", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), schedule=None):
    KubernetesPodOperator(task_id="own_pod", image="busybox", pod_override=POD)
