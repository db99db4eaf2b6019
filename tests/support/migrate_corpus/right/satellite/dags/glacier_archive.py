"""Moves products older than two years to the deep archive."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

# No task of this DAG talks to Kubernetes
NO_TOKEN = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(containers=[], automount_service_account_token=False)
    )
}


@dag(
    schedule="@weekly",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args=dict(owner="storage", executor_config=NO_TOKEN),
)
def glacier_archive():
    @task
    def old_products():
        return ["S2A_2021", "S2B_2021"]

    @task
    def move(product):
        print(product)

    move.expand(product=old_products())


glacier_archive()
