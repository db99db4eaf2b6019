"""Prunes the experiment store. Copied from the platform's page on node pools."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def prune():
    print("prune")


with DAG("experiment_pruning", start_date=datetime(2024, 4, 1), schedule="@weekly", catchup=False) as dag:
    PythonOperator(
        task_id="prune",
        python_callable=prune,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[...],
                    node_selector={"pool": "maintenance"},
                    tolerations=[k8s.V1Toleration(key="maintenance", operator="Exists")],
                )
            )
        },
    )
