"""Which tasks the site's KubernetesExecutor runs, where the site has several executors.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html
"""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.pod.declared import name_declared


def route(task: Any, executor: str) -> None:
    """Let an executor run a task whose author requests something of its worker's pod, and names no executor.

    A worker of Airflow 2 writes the executor of the task that it runs back to the database, where the next
    try reads it. That it runs in a pod says enough, so what the task requests is not read there.

    Args:
        task: A task of a DAG, mapped or not.
        executor: What ``[k8sexec] executor`` has.
    """
    if task.executor is None and (load_context().is_worker or name_declared(task.executor_config)):
        compat.replace_executor(task, executor)
