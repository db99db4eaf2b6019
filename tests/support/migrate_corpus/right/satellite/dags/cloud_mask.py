"""Cloud masks with s2cloudless."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def find_products():
    return [["a"], ["b"]]


def mask(product):
    from s2cloudless import S2PixelCloudDetector  # not in our default image

    print(S2PixelCloudDetector, product)


with DAG(
    "cloud_mask",
    schedule="20 */2 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["sentinel-2"],
):
    find = PythonOperator(task_id="find_products", python_callable=find_products)
    PythonOperator.partial(
        task_id="mask",
        python_callable=mask,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-s2cloudless:1.7.2",
                            # a product is unpacked into the container itself
                            resources=k8s.V1ResourceRequirements(
                                requests={"ephemeral-storage": "3Gi"},
                                limits={"ephemeral-storage": "6Gi"},
                            ),
                        )
                    ]
                )
            )
        },
        max_active_tis_per_dag=12,
    ).expand(op_args=find.output)
