"""Executors that tasks name, and that the workers of their DAG do not know, so that they cannot load it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.coordinators import find_coordinator
from airflow_provider_k8sexec.context.executors import describe_completion, find_lacking
from airflow_provider_k8sexec.exceptions import Problem, name_task
from airflow_provider_k8sexec.executor_names import EXECUTOR_VARIABLE
from airflow_provider_k8sexec.options.manifest_parts import literal_of, worker_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.site_policy.task_location import locate_task
from airflow_provider_k8sexec.site_policy.validate import read_requested

if TYPE_CHECKING:
    from collections.abc import Sequence


def warn_of_unknown_executors(dag: Any, naming: Sequence[Any]) -> None:
    """Warn where a worker of a DAG does not know an executor that a task of the DAG names.

    Airflow refuses the whole DAG in that worker, so one warning says it for all tasks.

    Args:
        dag: A complete DAG, whose tasks have been routed.
        naming: Its tasks whose authors name an executor. A routed task is no trouble: Airflow looks at the
            executors of a DAG before it calls policies.
    """
    context = load_context()
    if not context.executors or compat.runs_task():
        return
    names = {task.executor for task in naming}
    for task in dag.tasks:
        present = _find_executors(task) if context.may_have_pod(task) else None
        lacking = [] if present is None else find_lacking(present, context.executors, names)
        if lacking:
            first = next(task for task in naming if task.executor == lacking[0])
            problem = Problem(
                "executor",
                show(lacking[0]),
                f"is unknown in a worker pod, where {EXECUTOR_VARIABLE} is {present!r}, so that no worker "
                "can load the DAG",
                describe_completion(is_amended=context.is_on("amend_pods")),
                code="K8S703",
            )
            message = f"{name_task(first.task_id, dag.dag_id)}: {problem}"
            context.warn(message, problem.code, locate_task(first))
            return


def _find_executors(task: Any) -> str | None:
    """Find the ``[core] executor`` that the pod of a task sets: the task's own, or that of its template."""
    with suppress(Exception):  # foreign objects may raise anything; the policy reports what cannot be read
        requested = read_requested(task.executor_config, find_coordinator(task.queue))
        for pod in (requested.pod, requested.template or {}):
            literal = literal_of(worker_of(pod), EXECUTOR_VARIABLE)
            if literal is not None:
                return literal
    return None
