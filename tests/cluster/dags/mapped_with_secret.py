"""Many instances of a task with a secret, to be disturbed."""

from __future__ import annotations

import os
import time

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

TASKS = int(os.environ.get("FAULT_TASKS", "40"))

with DAG(
    dag_id="mapped_with_secret",
    start_date=pendulum.datetime(2022, 1, 1, tz="UTC"),
    schedule=None,
    max_active_tasks=16,
):

    @k8s_task(cpu="100m", memory="256Mi", secrets=["MY_SECRET"])
    def print_secret(number: int) -> None:
        """Print the secret, and take some time."""
        print(f"number {number} has the value", os.environ["MY_SECRET"])  # noqa: T201
        time.sleep(2)

    print_secret.expand(number=list(range(TASKS)))
