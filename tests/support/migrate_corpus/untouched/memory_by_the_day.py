"""Consolidates the accounts. On the first days of a month there is ten times as much to do."""

from datetime import date, datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# parsed again and again, so this is the day on which the task starts
memory = "16Gi" if date.today().day <= 3 else "2Gi"

pod = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                resources=k8s.V1ResourceRequirements(
                    requests={"memory": memory}, limits={"memory": memory}
                ),
            )
        ]
    )
)


def consolidate():
    print("consolidate")


with DAG("consolidation", start_date=datetime(2021, 1, 1), schedule="@daily", catchup=False) as dag:
    PythonOperator(
        task_id="consolidate",
        python_callable=consolidate,
        executor_config={"pod_override": pod},
    )
