"""Copies the ledger over the database proxy, which runs beside the task."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# the proxy first, so that it is up before the task
POD = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="cloud-sql-proxy",
                image="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.11.4",
                args=["--port=5432", "example:europe-west1:ledger"],
            ),
            k8s.V1Container(
                name="base",
                env=[k8s.V1EnvVar(name="LEDGER_HOST", value="127.0.0.1")],
            ),
        ]
    )
)


def copy_ledger():
    print("copy")


with DAG("ledger_copy", start_date=datetime(2024, 3, 1), schedule="@daily", catchup=False):
    PythonOperator(
        task_id="copy_ledger",
        python_callable=copy_ledger,
        executor_config={"pod_override": POD},
    )
