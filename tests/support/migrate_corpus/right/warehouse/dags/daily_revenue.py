"""
Daily revenue
=============

Rolls up the orders of yesterday into `finance.daily_revenue`.

Owner: data-finance@northwind.example
"""

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    dag_id="daily_revenue",
    schedule="30 4 * * *",
    start_date=datetime(2024, 3, 1),
    catchup=False,
    default_args={
        "owner": "data-finance",
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
    },
    tags=["finance", "daily"],
    doc_md=__doc__,
)
def daily_revenue():
    @task
    def list_shops():
        return ["de", "fr", "it", "pl"]

    # The join with the returns takes all of the memory.
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "500m", "memory": "2Gi"},
                                limits={"cpu": "1", "memory": "4Gi"},
                            ),
                        )
                    ]
                )
            )
        }
    )
    def roll_up(shops):
        import sqlite3

        with sqlite3.connect(":memory:") as connection:
            connection.execute("create table revenue (shop text, amount real)")
        return len(shops)

    @task(
        executor_config=dict(
            pod_template_file="/usr/local/airflow/pod_templates/small.yaml"
        )
    )
    def notify(rows):
        print(f"{rows} shops done")

    notify(roll_up(list_shops()))


daily_revenue()
