"""Half of this file was moved to pod_override in 2022, the other half was forgotten."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def extract():
    print("extract")


def transform():
    print("transform")


with DAG("inventory_sync", start_date=datetime(2020, 1, 1), schedule="@hourly", catchup=False) as dag:
    extract_task = PythonOperator(
        task_id="extract",
        python_callable=extract,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"memory": "512Mi"}, limits={"memory": "1Gi"}
                            ),
                        )
                    ]
                )
            )
        },
    )

    # TODO: move this one as well
    transform_task = PythonOperator(
        task_id="transform",
        python_callable=transform,
        executor_config={"KubernetesExecutor": {"request_memory": "2Gi", "limit_memory": "2Gi"}},
    )

    extract_task >> transform_task
