"""Makes the coupon codes of the season, in batches."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

BATCHES = [10_000, 50_000, 250_000]
MEMORY = ["256Mi", "512Mi", "2Gi"]


def make_codes(count):
    print(count)


with DAG(
    "coupon_codes", schedule=None, start_date=datetime(2024, 1, 1), catchup=False
) as dag:
    for i, count in enumerate(BATCHES):
        PythonOperator(
            task_id=f"batch_{i}",
            python_callable=make_codes,
            op_kwargs={"count": count},
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                resources=k8s.V1ResourceRequirements(
                                    requests={"memory": MEMORY[i]}
                                ),
                            )
                        ]
                    )
                )
            },
        )
