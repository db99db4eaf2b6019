"""Sends the push notifications. In production only, the task runs on nodes of its own."""

import os
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

if os.getenv("DEPLOYMENT", "dev") == "prod":
    EXECUTOR_CONFIG = {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": "2", "memory": "4Gi"}, limits={"memory": "4Gi"}
                        ),
                    )
                ],
                node_selector={"pool": "push"},
                tolerations=[k8s.V1Toleration(key="push", operator="Exists")],
            )
        )
    }
else:
    EXECUTOR_CONFIG = {}


def send():
    print("send")


def count():
    print("count")


with DAG("app_messages", start_date=datetime(2023, 5, 1), schedule="*/5 * * * *", catchup=False):
    send_task = PythonOperator(task_id="send", python_callable=send, executor_config=EXECUTOR_CONFIG)
    count_task = PythonOperator(task_id="count", python_callable=count)
    send_task >> count_task
