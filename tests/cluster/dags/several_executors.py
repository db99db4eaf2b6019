"""Tasks of several executors. Those that are tried twice fail at their first try."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_config, k8s_task
from airflow_provider_k8sexec._compat import load_operator, task

START = pendulum.datetime(2022, 1, 1, tz="UTC")
TRIED: dict[str, Any] = {"retries": 1, "retry_delay": timedelta(seconds=0)}
POD = "KubernetesExecutor"


def fail_first(_number: int = 0, ti: Any = None) -> None:
    """Fail at the first try."""
    if ti.try_number == 1:
        raise RuntimeError


def run() -> None:
    """Do nothing."""


with DAG("routed", start_date=START, schedule=None):
    task(task_id="plain", **TRIED)(fail_first)()
    k8s_task(task_id="mapped", memory="300Mi", **TRIED)(fail_first).expand(_number=[1, 2])
    load_operator("bash", "BashOperator")(
        task_id="by_config",
        bash_command="exit $(( {{ ti.try_number }} == 1 ))",
        executor_config=k8s_config(memory="300Mi"),
        **TRIED,
    )

with DAG("named", start_date=START, schedule=None):
    k8s_task(task_id="mapped", executor=POD, memory="300Mi", **TRIED)(fail_first).expand(_number=[1, 2])
    # It is routed; its worker loads the same DAG.
    k8s_task(task_id="beside", memory="300Mi")(run)()

with DAG("trapped", start_date=START, schedule=None):
    task(task_id="plain", executor=POD)(run)()
