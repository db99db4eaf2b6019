"""Builds sessions of the click stream, hour by hour."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def sessionize(hour):
    print(hour)


# No limit of CPU: platform asked us to leave it out, see #airflow-help of 2024-02-11.
SESSION_POD = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                resources=k8s.V1ResourceRequirements(
                    requests={"cpu": "750m", "memory": "3Gi"},
                    limits={"memory": "3Gi"},
                ),
            )
        ],
    )
)

with DAG(
    "sessionization", schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False
):
    PythonOperator.partial(
        task_id="sessionize",
        python_callable=sessionize,
        executor_config={"pod_override": SESSION_POD},
        retries=2,
    ).expand(op_args=[[hour] for hour in range(24)])
