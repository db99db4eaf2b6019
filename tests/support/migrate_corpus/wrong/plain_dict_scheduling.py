"""Indexes the newly digitised archive boxes. The scanners' claims are in one zone only."""

from datetime import datetime

from airflow.decorators import dag, task


@dag(
    dag_id="archive_boxes",
    start_date=datetime(2023, 11, 1),
    schedule="0 20 * * 1-5",
    catchup=False,
    tags=["archive"],
)
def archive_boxes():
    @task(
        executor_config={
            "pod_override": {
                "spec": {
                    "nodeSelector": {"topology.kubernetes.io/zone": "eu-central-1b"},
                    "tolerations": [{"key": "archive", "operator": "Exists", "effect": "NoSchedule"}],
                    "serviceAccountName": "archive-indexer",
                    "containers": [{"name": "base"}],
                }
            }
        }
    )
    def index_boxes():
        print("index")

    @task
    def report():
        print("report")

    index_boxes() >> report()


archive_boxes()
