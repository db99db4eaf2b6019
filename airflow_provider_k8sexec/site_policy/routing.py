"""Which tasks the site's KubernetesExecutor runs, where the site has several executors.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html
"""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.declaration import NOTHING
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig


def route(task: Any, executor: str) -> None:
    """Let an executor run a task whose author requests something of its worker's pod, and names no executor.

    A worker of Airflow 2 writes the executor of the task that it runs back to the database, where the next
    try reads it. That it runs in a pod says enough, so what the task requests is not read there.

    Args:
        task: A task of a DAG, mapped or not.
        executor: What ``[k8sexec] executor`` has.
    """
    if task.executor is None and (load_context().is_worker or _requests_pod(task.executor_config)):
        compat.replace_executor(task, executor)


def _requests_pod(config: Any) -> bool:
    """Report whether the author of a task requests anything of the worker's pod, and not the site alone."""
    if isinstance(config, ExecutorConfig):
        return any(declared != NOTHING for _, declared in config.request.inner)
    return any(config.get(key) is not None for key in (POD_OVERRIDE, POD_TEMPLATE_FILE))
