"""Segments the microscopy images with CellProfiler, plate by plate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

IMAGE = "cellprofiler/cellprofiler:4.2.6"
PLATES = ["P001", "P002", "P003"]

# what all of the pods have in common
COMMON: dict[str, Any] = {
    "namespace": "imaging",
    "image": IMAGE,
    "container_resources": k8s.V1ResourceRequirements(
        requests={"cpu": "2", "memory": "4Gi"}, limits={"cpu": "4", "memory": "8Gi"}
    ),
    "on_finish_action": "delete_pod",
}

with DAG("image_analysis", schedule=None, start_date=datetime(2024, 1, 1)) as dag:
    done = EmptyOperator(task_id="done")
    for plate in PLATES:
        segment = KubernetesPodOperator(
            task_id=f"segment_{plate}",
            name=f"segment-{plate.lower()}",
            arguments=[
                "-c",
                "-r",
                "-p",
                "/pipelines/segment.cppipe",
                "-i",
                f"/images/{plate}",
            ],
            **COMMON,
        )
        segment >> done
