"""Snapshot of the stock levels of all warehouses at midnight."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# Every site exports its stock as a single file. Jena's and Poznan's are by far the
# biggest ones, hence the sizes.
SITES = {
    "jena": ("2Gi", "1"),
    "poznan": ("4Gi", "2"),
    "lyon": ("512Mi", "500m"),
    "bilbao": ("512Mi", "500m"),
}


def snapshot(site):
    print(f"stock of {site}")


with DAG(
    dag_id="inventory_snapshot",
    start_date=datetime(2023, 1, 1),
    schedule="@daily",
    catchup=False,
    tags=["logistics"],
):
    start = EmptyOperator(task_id="start")
    done = EmptyOperator(task_id="done", trigger_rule="all_done")

    for site, (memory, cpu) in SITES.items():
        resources = k8s.V1ResourceRequirements(
            requests={"memory": memory, "cpu": cpu},
            limits={"memory": memory, "cpu": cpu},
        )
        task = PythonOperator(
            task_id=f"snapshot_{site}",
            python_callable=snapshot,
            op_args=[site],
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[k8s.V1Container(name="base", resources=resources)]
                    )
                )
            },
        )
        start >> task >> done
