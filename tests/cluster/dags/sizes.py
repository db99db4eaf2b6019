"""Tasks whose sizes are known only as they are launched."""

from __future__ import annotations

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import from_param, from_xcom, k8s_task
from airflow_provider_k8sexec._compat import task

START = pendulum.datetime(2022, 1, 1, tz="UTC")
INSTANCES = 100
BAD = 41
"""The mapped instance whose size is no quantity."""

with DAG(dag_id="sizes", start_date=START, schedule=None, max_active_tasks=200):

    @task
    def plan() -> list[str]:
        """Give each instance a size; one of them is wrong."""
        return ["lots" if index == BAD else f"{index + 1}Mi" for index in range(INSTANCES)]

    @k8s_task(memory=plan())
    def each(index: int) -> None:
        """Run in a pod of its own size."""

    each.expand(index=[*range(INSTANCES)])


with DAG(dag_id="of_a_run", start_date=START, schedule=None, params={"memory": "64Mi", "pool": "batch"}):

    @task(multiple_outputs=True)
    def choose() -> dict[str, str]:
        """Choose an image."""
        return {"image": "registry.example.com/airflow:chosen"}

    chosen = choose()

    @k8s_task(
        memory=from_param("memory"),
        cpu=from_param("cpu", default="10m"),
        image=chosen["image"],
        node_selector={"pool": from_param("pool")},
        labels={"team": from_xcom("choose", key="team", default="none")},
    )
    def work() -> None:
        """Run as the run and the upstream task want it."""

    work()
