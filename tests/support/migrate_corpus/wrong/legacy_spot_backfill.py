"""Backfill of click streams, on spot nodes, one partition a task."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

# Spot nodes have the taint `spot`, and are to be far from the API's pods.
affinity = {
    "podAntiAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": [
            {
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {
                    "matchExpressions": [{"key": "app", "operator": "In", "values": ["clickstream-api"]}]
                },
            }
        ]
    }
}

tolerations = [
    {"key": "spot", "operator": "Exists"},
    {"key": "dedicated", "operator": "Equal", "value": "batch", "effect": "NoSchedule"},
]


def backfill(partition):
    print("backfill", partition)


with DAG("clickstream_backfill", start_date=datetime(2021, 5, 1), schedule=None, catchup=False) as dag:
    first = PythonOperator(
        task_id="backfill_first_half",
        python_callable=backfill,
        op_args=["first"],
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "512Mi",
                "affinity": affinity,
                "tolerations": tolerations,
            }
        },
    )
    second = PythonOperator(
        task_id="backfill_second_half",
        python_callable=backfill,
        op_args=["second"],
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "512Mi",
                "affinity": affinity,
                "tolerations": tolerations,
            }
        },
    )
    first >> second
