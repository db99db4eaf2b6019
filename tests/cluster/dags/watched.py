"""A task that fails once, and then runs until a file is there: time to look at its pod."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

GO = Path(os.environ.get("AIRFLOW_HOME", "/nonexistent")) / "go"

with DAG(dag_id="watched", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None):

    @k8s_task(
        memory="512Mi",
        env_vars={"LEVEL": "debug", "STORE": "jdbc:postgresql://db/store?user=u&password=d3clared-in-clear"},
        retries=1,
        retry_delay=timedelta(0),
    )
    def wait(ti=None) -> str:  # Airflow gives it
        """Fail at the first try; at the second, wait."""
        if ti.try_number == 1:
            raise RuntimeError("the first try fails")
        end = time.monotonic() + 300
        while not GO.exists() and time.monotonic() < end:
            time.sleep(0.5)
        return "done"

    wait()
