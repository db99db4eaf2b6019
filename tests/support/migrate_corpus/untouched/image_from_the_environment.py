"""Builds the tiles of the map in the image that CI has just pushed."""

import os
from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

IMAGE = os.environ.get("MAPS_IMAGE", "registry.example.com/maps/airflow:latest")


@dag(dag_id="map_tiles", start_date=datetime(2023, 3, 1), schedule="@daily", catchup=False, tags=["maps"])
def map_tiles():
    @task
    def changed_areas():
        return ["51.2,4.4"]

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image=IMAGE,
                            image_pull_policy="Always",  # CI moves the tag
                        )
                    ]
                )
            )
        }
    )
    def render(areas):
        print(areas)

    render(changed_areas())


map_tiles()
