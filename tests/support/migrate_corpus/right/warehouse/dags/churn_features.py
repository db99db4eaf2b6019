"""Feature tables for the churn model."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def build(window):
    print(f"features of the last {window} days")


default_args = {
    "owner": "growth",
    "retries": 1,
    "retry_delay": timedelta(minutes=3),
    # All of the tasks are about as big, so it is said once.
    "executor_config": {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        image="registry.northwind.example/data/airflow-feast:0.40.1",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": "1", "memory": "4Gi"},
                            limits={"cpu": "2", "memory": "8Gi"},
                        ),
                    )
                ]
            )
        )
    },
}

with DAG(
    "churn_features",
    default_args=default_args,
    schedule="15 5 * * *",
    start_date=datetime(2024, 4, 1),
    catchup=False,
):
    windows = [
        PythonOperator(task_id=f"window_{days}", python_callable=build, op_args=[days])
        for days in (7, 28, 90)
    ]
    publish = BashOperator(
        task_id="publish", bash_command="feast materialize-incremental {{ ts }}"
    )
    windows >> publish
