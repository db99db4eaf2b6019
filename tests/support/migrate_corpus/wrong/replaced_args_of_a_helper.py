"""Runs the three exports of the billing system. The tables come from the parameters of the run."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def export_pod(memory):
    """The exporter is a jar in our own image."""
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        image="registry.example.com/billing/airflow-java:17",
                        args=["java", "-jar", "/exporter.jar", "--table={{ params.table }}"],
                        resources=k8s.V1ResourceRequirements(
                            requests={"memory": memory}, limits={"memory": memory}
                        ),
                    )
                ]
            )
        )
    }


def export():
    print("export")


with DAG(
    "billing_export",
    start_date=datetime(2022, 7, 1),
    schedule=None,
    params={"table": "invoices"},
    catchup=False,
) as dag:
    invoices = PythonOperator(
        task_id="invoices", python_callable=export, executor_config=export_pod("1Gi")
    )
    positions = PythonOperator(
        task_id="positions", python_callable=export, executor_config=export_pod("4Gi")
    )
    invoices >> positions
