"""Downloads the Sentinel-2 products of our areas of interest, one task a product."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

AREAS = ("T32UQD", "T33UUS", "T31TFJ")

DOWNLOAD = k8s.V1ResourceRequirements(
    requests={"cpu": "200m", "memory": "512Mi", "ephemeral-storage": "4Gi"},
    # a product is 1.1 GB, as zip and unpacked
    limits={"cpu": "1", "memory": "1Gi", "ephemeral-storage": "8Gi"},
)


@dag(
    schedule=timedelta(hours=2),
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={"retries": 6, "retry_exponential_backoff": True},
    tags=["sentinel-2", "ingest"],
)
def sentinel_download():
    @task
    def query(area: str) -> list[str]:
        return [f"S2B_MSIL2A_{area}"]

    @task
    def flatten(found: list[list[str]]) -> list[str]:
        return [product for products in found for product in products]

    @task(
        pool="copernicus",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-eodag:3.1.0",
                            resources=DOWNLOAD,
                            env=[
                                k8s.V1EnvVar(
                                    name="EODAG__CREODIAS__DOWNLOAD__EXTRACT",
                                    value="false",
                                )
                            ],
                        )
                    ]
                )
            )
        },
    )
    def download(product: str) -> str:
        return f"s3://skyview-l2a/{product}"

    download.expand(product=flatten(query.expand(area=list(AREAS))))


sentinel_download()
