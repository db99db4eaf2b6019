"""Tasks that allocate memory, and end well or badly."""

from __future__ import annotations

import time

import pendulum

from airflow_provider_k8sexec import k8s_task

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

MEBIBYTE = 2**20


def allocate(mebibytes: int) -> None:
    """Have so much memory, and use it."""
    held = bytearray(mebibytes * MEBIBYTE)
    for page in range(0, len(held), 4096):
        held[page] = 1
    time.sleep(1)


with DAG(dag_id="usage", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None):

    @k8s_task(cpu=(0.5, 2), memory="2Gi")
    def allocates() -> None:
        allocate(300)

    @k8s_task(memory="2Gi")
    def fails() -> None:
        raise ValueError("as it should")

    @k8s_task(memory="2Gi", retries=1)
    def retries() -> None:
        raise ValueError("as it should")

    @k8s_task(labels={"team": "finance"})
    def mapped(number: int) -> None:
        print(number)  # noqa: T201

    @task
    def not_ours() -> None:
        print("not ours")  # noqa: T201

    allocates()
    fails()
    retries()
    mapped.expand(number=[1])
    not_ours()
