"""Pod options, beside a hand-written override that they are laid over."""

from __future__ import annotations

import pendulum
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import EmptyDir, k8s_config, k8s_task

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

POD = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="registry/airflow:1")]))

with DAG("with_options", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), schedule=None):

    @k8s_task(memory=("1Gi", None), secrets=["API_TOKEN"], volumes={"/scratch": EmptyDir()})
    def request_alone_on_purpose(): ...

    @k8s_task(memory="2Gi", cpu=1, pod_override=POD)
    def over_a_pod(): ...

    @task(executor_config=k8s_config(cpu=1, memory="1Gi", automount_service_account_token=False))
    def config_of_any_task(): ...

    @task
    def plain(): ...

    request_alone_on_purpose()
    over_a_pod()
    config_of_any_task()
    plain()
