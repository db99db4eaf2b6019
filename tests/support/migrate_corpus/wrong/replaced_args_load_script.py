"""Loads the day's partitions with the script that the data scientists maintain."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

load_config = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    image="registry.example.com/science/airflow:5",
                    # run the script instead of the callable
                    args=["python", "/etl/load.py", "--date", "{{ ds }}"],
                    resources=k8s.V1ResourceRequirements(
                        requests={"memory": "2Gi"}, limits={"memory": "2Gi"}
                    ),
                )
            ]
        )
    )
}

with DAG("partition_load", start_date=datetime(2023, 1, 1), schedule="@daily", catchup=False) as dag:
    start = EmptyOperator(task_id="start")
    load = PythonOperator(
        task_id="load",
        python_callable=lambda: None,
        executor_config=load_config,
    )
    start >> load
