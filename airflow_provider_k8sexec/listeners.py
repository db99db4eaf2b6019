"""What is done as Airflow's processes start, and as tasks end.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/listeners.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import Any

from airflow.listeners import hookimpl

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import DAG_PROCESSOR_COMMAND, NAMES_VARIABLE, SCHEDULER_COMMAND

_logger = logging.getLogger(__name__)

REFUSED = "HTTP response body: {"
"""What the text of the client's ``ApiException`` has before the server's answer."""

PRELOADED = (
    "kubernetes.client",
    "airflow_provider_k8sexec.decorators",
    "airflow_provider_k8sexec.pod.provenance",
    "airflow_provider_k8sexec.site_policy.enforce",
)


@hookimpl(tryfirst=True)
def on_starting(component: Any) -> None:  # noqa: ARG001  # the name is Airflow's
    """Do what must be done first in the process of a task, of the scheduler, or of the dag-processor."""
    if NAMES_VARIABLE in os.environ and load_context().is_on("mask_secrets"):
        from airflow_provider_k8sexec.authoring.masking import mask_named  # for workers with secrets

        mask_named(os.environ)
    try:
        if SCHEDULER_COMMAND in sys.modules:
            from airflow_provider_k8sexec.launch import scheduler_watch  # other processes need not

            scheduler_watch.begin()
        _preload_client()
    except Exception:  # what cannot be loaded here ends no process of Airflow
        _logger.exception("This process begins without the watch or the preload of airflow-provider-k8sexec")


def _preload_client() -> None:
    """Load the kubernetes client and the package in the process that forks a child for each DAG file.

    Each child would take its time to import them; forked after this, they share them. DAGs that import the
    client themselves gain as much. Switched off by ``[k8sexec] preload_kubernetes_client``.
    (Where the scheduler parses, which is Airflow 2, Airflow itself has loaded the client.)
    """
    # The component is a Job, and Airflow tells it what kind of job it is only after this call.
    if DAG_PROCESSOR_COMMAND not in sys.modules:
        return
    if load_context().is_on("preload_kubernetes_client"):
        for module in PRELOADED:
            importlib.import_module(module)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Tell in a worker what the task has used."""
    _report_usage(task_instance)


@hookimpl
def on_task_instance_failed(task_instance: Any, error: Any) -> None:
    """Tell in a worker what the task has used, and in the scheduler why a task had no pod.

    Where the API server refused a pod, the executor reports its answer as the error. Other trouble of pods is
    seen by the scheduler's watch; of the task's own errors, its log tells.
    """
    _report_usage(task_instance)
    if isinstance(error, str) and REFUSED in error:
        from airflow_provider_k8sexec.launch.failure_events import record_refusal  # seldom needed

        record_refusal(task_instance, error)


def _report_usage(task_instance: Any) -> None:
    # Airflow calls this in the worker, in the process of the task; and where a user sets a state by hand, and
    # where the scheduler finds a task dead: there the task is unknown, or its executor_config a plain dict.
    from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig  # as tasks end

    config = getattr(getattr(task_instance, "task", None), "executor_config", None)
    if isinstance(config, ExecutorConfig) and load_context().is_on("report_usage"):
        from airflow_provider_k8sexec.usage.report import report_usage  # for tasks of ours

        report_usage(task_instance, config)
