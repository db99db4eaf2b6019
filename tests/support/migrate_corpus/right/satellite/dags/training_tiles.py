"""Cuts the training tiles of the land-cover model; scheduled by Volcano with the other batch jobs."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import V1Container, V1Pod, V1PodSpec


@dag(schedule=None, start_date=datetime(2024, 1, 1))
def training_tiles():
    @task(
        executor_config={
            "pod_override": V1Pod(
                spec=V1PodSpec(
                    scheduler_name="volcano",
                    containers=[V1Container(name="base")],
                )
            )
        }
    )
    def cut(year: int):
        print(year)

    cut.expand(year=[2021, 2022, 2023])


training_tiles()
