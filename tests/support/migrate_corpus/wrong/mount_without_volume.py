"""Reads the tariff tables, which the tariff team keeps on a shared claim."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def read_tariffs():
    print("read /tariffs")


with DAG("tariff_tables", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False) as dag:
    PythonOperator(
        task_id="read_tariffs",
        python_callable=read_tariffs,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            # the volume itself is in the template (is it?)
                            volume_mounts=[
                                k8s.V1VolumeMount(name="tariffs", mount_path="/tariffs", read_only=True)
                            ],
                        )
                    ]
                )
            )
        },
    )
