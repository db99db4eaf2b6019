"""Geocodes the addresses of new customers against the local copy of the map."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# 60 GiB, mounted read-only by everyone
map_volume = k8s.V1Volume(
    name="maps",
    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="osm-maps", read_only=True),
)
map_mount = k8s.V1VolumeMount(name="maps", mount_path="/maps", read_only=True)


def geocode():
    print("geocode")


def report():
    print("report")


with DAG(
    "geocode_customers",
    start_date=datetime(2022, 4, 1),
    schedule="@daily",
    catchup=False,
) as dag:
    geocode_task = PythonOperator(
        task_id="geocode",
        python_callable=geocode,
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "3Gi",
                "volumes": [map_volume],
                "volume_mounts": [map_mount],
            }
        },
    )
    report_task = PythonOperator(task_id="report", python_callable=report)
    geocode_task >> report_task
