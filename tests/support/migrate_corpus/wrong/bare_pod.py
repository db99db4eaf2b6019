"""Extracts the meter readings, one file a utility."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

POD = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                resources=k8s.V1ResourceRequirements(
                    requests={"cpu": "300m", "memory": "700Mi"},
                    limits={"memory": "1400Mi"},  # twice, for the first of the month
                ),
            )
        ]
    )
)


def extract():
    print("extract")


with DAG("meter_readings", start_date=datetime(2022, 12, 1), schedule="@daily", catchup=False) as dag:
    extract_task = PythonOperator(task_id="extract", python_callable=extract, executor_config=POD)
    archive_task = BashOperator(task_id="archive", bash_command="echo archive")
    extract_task >> archive_task
