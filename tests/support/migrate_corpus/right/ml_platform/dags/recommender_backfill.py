"""Backfills the recommendations after a new model was released. Started by the release pipeline."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

PROFILES = {
    "small": {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": "250m", "memory": "512Mi"},
                            limits={"cpu": "500m", "memory": "1Gi"},
                        ),
                    )
                ]
            )
        )
    },
    # for countries with more than 5 million users
    "large": {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": "2", "memory": "10Gi"},
                            limits={"cpu": "4", "memory": "14Gi"},
                        ),
                    )
                ]
            )
        )
    },
}

COUNTRIES = {"de": "large", "at": "small", "ch": "small", "us": "large"}


@dag(schedule=None, start_date=datetime(2024, 1, 1), max_active_tasks=4)
def recommender_backfill():
    for country, profile in COUNTRIES.items():

        @task(task_id=f"backfill_{country}", executor_config=PROFILES[profile])
        def backfill(country):
            print(country)

        backfill(country)


recommender_backfill()
