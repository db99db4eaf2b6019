"""Exchanges files with a sidecar that the platform injects, on the provider's own volume for XCom."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.cncf.kubernetes.utils.xcom_sidecar import PodDefaults
from kubernetes.client import models as k8s


def write_result():
    print("write /airflow/xcom/return.json")


with DAG("sidecar_exchange", start_date=datetime(2023, 1, 1), schedule="@hourly", catchup=False) as dag:
    PythonOperator(
        task_id="write_result",
        python_callable=write_result,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    volumes=[PodDefaults.VOLUME],
                    containers=[
                        # the path may change with the provider
                        k8s.V1Container(name="base", volume_mounts=[PodDefaults.VOLUME_MOUNT])
                    ],
                )
            )
        },
    )
