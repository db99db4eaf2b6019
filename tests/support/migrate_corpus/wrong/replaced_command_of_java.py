"""Validates the EDI messages with the vendor's tool, which is in the image."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

with DAG("edi_validation", start_date=datetime(2024, 1, 1), schedule="@hourly", catchup=False) as dag:
    fetch = BashOperator(task_id="fetch", bash_command="echo fetch")
    validate = BashOperator(
        task_id="validate",
        bash_command="/opt/edi/validate /messages",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="registry.example.com/edi/airflow:3.2",
                            command=["/opt/edi/validate"],  # so that it starts faster
                            env=[k8s.V1EnvVar(name="EDI_STRICT", value="1")],
                        )
                    ]
                )
            )
        },
    )
    fetch >> validate
