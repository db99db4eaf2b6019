"""Joins the costs of all channels into one table."""

from datetime import datetime

from airflow import DAG
from airflow.models.baseoperator import chain
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def run(step):
    print(step)


KWARGS = dict(
    python_callable=run,
    executor_config=dict(
        pod_override=k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(
                labels=dict(team="marketing", domain="costs"),
                annotations=dict(owner="costs@lumen.example"),
            )
        )
    ),
)

with DAG(
    "campaign_costs",
    schedule="0 11 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
):
    chain(
        *(
            PythonOperator(task_id=step, op_args=[step], **KWARGS)
            for step in ("collect", "convert_currencies", "allocate", "publish")
        )
    )
