"""Tasks that are tried more than once, or that outlive their scheduler."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

import pendulum
from airflow import DAG
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import k8s_task, per_try
from airflow_provider_k8sexec._compat import load_operator

START = pendulum.datetime(2022, 1, 1, tz="UTC")
AT_ONCE = timedelta(seconds=0)


def wait_until_open() -> None:
    """Wait for a file, for some minutes."""
    gate = Path(os.environ["AIRFLOW_HOME"]) / "open"
    for _ in range(600):
        if gate.exists():
            return
        time.sleep(0.5)
    raise TimeoutError(gate)


with DAG(dag_id="growing", start_date=START, schedule=None):

    @k8s_task(memory=per_try("1Gi", "2Gi", "4Gi"), retries=2, retry_delay=AT_ONCE)
    def aggregate(ti=None) -> None:
        """Need more memory than the first two tries have."""
        if ti.try_number <= 2:  # the third has enough
            time.sleep(300)

    aggregate()


with DAG(dag_id="with_secret", start_date=START, schedule=None):

    @k8s_task(secrets=["MY_SECRET"], retries=1, retry_delay=AT_ONCE)
    def use(ti=None) -> None:
        """Fail at the first try."""
        if not os.environ["MY_SECRET"] or ti.try_number == 1:
            raise RuntimeError

    use()


base = k8s.V1Container(name="base", env=[k8s.V1EnvVar(name="STAGE", value="of the task")])

for dag_id in ("outliving", "adopted"):
    with DAG(dag_id=dag_id, start_date=START, schedule=None):
        load_operator("python", "PythonOperator")(
            task_id="wait",
            python_callable=wait_until_open,
            retries=5,
            retry_delay=AT_ONCE,
            executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base]))},
        )
