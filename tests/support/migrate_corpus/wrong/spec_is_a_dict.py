"""Matches bank transfers with open invoices."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    dag_id="match_transfers",
    start_date=datetime(2023, 2, 1),
    schedule="*/20 6-20 * * *",
    catchup=False,
)
def match_transfers():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec={
                    "containers": [
                        {
                            "name": "base",
                            "resources": {"requests": {"memory": "3Gi"}, "limits": {"memory": "3Gi"}},
                        }
                    ],
                    # see PLAT-812
                    "serviceAccountName": "invoice-matcher",
                }
            )
        }
    )
    def match():
        print("match")

    match()


match_transfers()
