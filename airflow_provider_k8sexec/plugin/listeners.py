"""Airflow's listener: what this package does as Airflow's processes start, and as tasks end.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/listeners.html

Every Airflow process imports this module, so it imports nothing that takes time.
"""

from __future__ import annotations

import importlib
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from airflow.listeners import hookimpl

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import (
    DAG_PROCESSOR_COMMAND,
    EXECUTOR_CONFIG,
    NAMES_VARIABLE,
    SCHEDULER_COMMAND,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_logger = logging.getLogger(__name__)

REFUSED = "HTTP response body: {"
"""The text before the API server's answer, as the kubernetes client's ``ApiException`` writes it."""

PRELOADED = (
    "kubernetes.client",
    "airflow_provider_k8sexec.decorators",
    "airflow_provider_k8sexec.operators",
)
PRELOADED_ROOMS = ("authoring", "context", "options", "pod", "rules", "site", "site_policy")
"""What the children of a dag-processor share with it, once it has imported them.

Of the rooms, every module: a list of those that a parse imports inside functions would miss the next one.
"""


LOCAL_RUNS = "airflow_provider_k8sexec.authoring.local_runs"

_started: set[str] = set()
"""What Airflow has started in this process: nothing where it runs tasks by ``dag.test()``."""


@hookimpl(tryfirst=True)
def on_starting(component: Any) -> None:
    """Start masking in a worker, the watch in a scheduler, and the preload in a dag-processor.

    ``tryfirst``: values are masked before any other listener runs, and before the DAG file is parsed. The
    import of the policy module would be too early for that on Airflow 2.11.
    """
    _started.add(type(component).__name__)
    if NAMES_VARIABLE in os.environ and load_context().is_on("mask_secrets"):
        from airflow_provider_k8sexec.authoring.masking import mask_named  # only workers with secrets

        mask_named(os.environ)
    try:
        if SCHEDULER_COMMAND in sys.modules:
            from airflow_provider_k8sexec.launch import scheduler_watch  # only schedulers

            scheduler_watch.begin()
        _preload_client()
    except Exception:  # an error in a listener would end the process
        _logger.exception("airflow-provider-k8sexec: this process starts without the watch or the preload")


def _preload_client() -> None:
    """Import the kubernetes client and this package in the process that forks a child for each DAG file.

    Otherwise each child imports them: without bytecode, as in some images, a parse of one file took 2.66 s
    instead of 0.15 to 0.27 s (*measured*). DAGs that import the client themselves gain as much. Switched off
    by ``[k8sexec] preload_kubernetes_client``. Where the scheduler parses, as Airflow 2 can, Airflow itself
    has loaded the client.
    """
    # The listener gets a Job here, whose type Airflow sets only after this call; so the command decides.
    if DAG_PROCESSOR_COMMAND not in sys.modules:
        return
    if load_context().is_on("preload_kubernetes_client"):
        for module in (*PRELOADED, *_list_modules(PRELOADED_ROOMS)):
            importlib.import_module(module)
        # The policy needs this in each child, and a class of the site's own must be imported for it.
        _ = load_context().has_kubernetes_executor


def _list_modules(rooms: Iterable[str]) -> Iterator[str]:
    import pkgutil  # only dag-processors

    for room in rooms:
        package = importlib.import_module(f"airflow_provider_k8sexec.{room}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield module.name


@hookimpl
def on_task_instance_running(task_instance: Any) -> None:
    """Stop a task before its code where what it declares as secrets is absent, and mask what is present.

    In a pod of the KubernetesExecutor there is nothing to do: Kubernetes provides secrets before it starts
    the pod.
    """
    if load_context().is_worker:
        return
    from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig  # no worker pod comes here

    task = task_instance.task
    if not isinstance(task.executor_config, ExecutorConfig):
        return
    from airflow_provider_k8sexec.authoring.local_runs import begin_local_run  # tasks of this package alone
    from airflow_provider_k8sexec.site_policy.task_location import locate_task

    try:
        begin_local_run(task, locate_task, is_in_process=not _started)
    except Exception:  # the task must run all the same
        _logger.exception("The secrets of task %r could not be checked", task.task_id)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """Report in a worker what the task used."""
    _end_local_run()
    _report_usage(task_instance)


@hookimpl
def on_task_instance_failed(task_instance: Any, error: Any) -> None:
    """Report in a worker what the task used, and record in the scheduler why a task got no pod.

    Where the API server refused a pod, the executor reports its answer as the error. The scheduler's watch
    finds other problems of pods, and the task's log shows its own errors.
    """
    _end_local_run()
    _report_usage(task_instance)
    if isinstance(error, str) and REFUSED in error:
        from airflow_provider_k8sexec.launch.failure_events import (
            record_refusal,  # only where a pod was refused
        )

        record_refusal(task_instance, error)


def _end_local_run() -> None:
    begun = sys.modules.get(LOCAL_RUNS)  # loaded where a task began without a pod
    if begun is not None:
        begun.end_local_run()


def _report_usage(task_instance: Any) -> None:
    # Airflow calls this in the worker, in the process of the task. It also does so where a user sets a state
    # by hand and where the scheduler finds a task dead; there the task is unknown, or its executor_config is
    # the plain dict of the serialised DAG.
    from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig  # only as tasks end

    config = getattr(getattr(task_instance, "task", None), EXECUTOR_CONFIG, None)
    if isinstance(config, ExecutorConfig) and load_context().is_on("report_usage"):
        from airflow_provider_k8sexec.usage.report import report_usage  # only tasks that use this package

        report_usage(task_instance, config)


@hookimpl
def on_new_dag_import_error(filename: str, stacktrace: str) -> None:
    """Explain in the dag-processor's log an error that an operator raises for a pod option.

    It ends the DAG file, so that no policy sees the DAG, and only Airflow writes the import error of the UI.
    """
    try:
        from airflow_provider_k8sexec.authoring.misread import explain_import_error  # only where a file fails

        problem = explain_import_error(stacktrace)
        if problem is not None:
            _logger.warning("%s: %s", filename, problem)
    except Exception:
        _logger.exception("airflow-provider-k8sexec: an import error could not be explained")
