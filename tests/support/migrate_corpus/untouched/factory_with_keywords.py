"""Checks the quality of the suppliers' data, one task a table.

`quality_check` takes whatever a container takes: see the page of the data platform.
"""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

CHECKS = {
    "orders": {"image": "registry.example.com/quality/airflow:7"},
    "returns": {
        "resources": k8s.V1ResourceRequirements(requests={"memory": "2Gi"}, limits={"memory": "2Gi"}),
    },
}


def check(table):
    print("check", table)


def quality_check(table, **container):
    """Make the task of a table."""
    return PythonOperator(
        task_id=f"check_{table}",
        python_callable=check,
        op_args=[table],
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", **container)])
            )
        },
    )


with DAG("supplier_quality", start_date=datetime(2023, 1, 1), schedule="@daily", catchup=False) as dag:
    for table, container in CHECKS.items():
        quality_check(table, **container)
