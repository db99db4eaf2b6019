"""One crawl a shop, each with a volume for its browser's cache."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

SHOPS = ["north", "south"]


def crawl(shop):
    print("crawl", shop)


with DAG("competitor_crawl", start_date=datetime(2023, 7, 1), schedule="0 */6 * * *", catchup=False) as dag:
    for shop in SHOPS:
        PythonOperator(
            task_id=f"crawl_{shop}",
            python_callable=crawl,
            op_args=[shop],
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="airflow-worker-container",
                                volume_mounts=[k8s.V1VolumeMount(name="cache", mount_path="/cache")],
                            )
                        ],
                        volumes=[
                            k8s.V1Volume(
                                name="cache",
                                empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="1Gi"),
                            )
                        ],
                    )
                )
            },
        )
