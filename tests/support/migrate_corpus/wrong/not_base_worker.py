"""Calculates the credit scores. The actuaries' code needs 6 GiB."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def score():
    print("score")


def publish():
    print("publish")


with DAG(
    "credit_scores",
    start_date=pendulum.datetime(2023, 9, 1, tz="UTC"),
    schedule="0 1 * * *",
    catchup=False,
) as dag:
    score_task = PythonOperator(
        task_id="score",
        python_callable=score,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="worker",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "2", "memory": "6Gi"},
                                limits={"cpu": "2", "memory": "6Gi"},
                            ),
                        )
                    ]
                )
            )
        },
    )
    publish_task = PythonOperator(task_id="publish", python_callable=publish)
    score_task >> publish_task
