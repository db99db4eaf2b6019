"""Warnings of pod options that do nothing, for each DAG as it is parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.unapplied import check_executor
from airflow_provider_k8sexec.exceptions import UnappliedWarning
from airflow_provider_k8sexec.site.option_table import ENFORCED
from airflow_provider_k8sexec.site_policy.task_location import locate_task
from airflow_provider_k8sexec.site_policy.validate import requires_executor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_k8sexec.exceptions import Problem

_MOST_NAMED = 5


def warn_of_unapplied(tasks: Iterable[Any]) -> None:
    """Warn of pod options that do nothing: once for all tasks of a DAG that have the same reason.

    A loop makes a thousand tasks of one kind. No process that runs a task warns: the author was warned as the
    DAG was parsed, and the log of each try would repeat it.

    Args:
        tasks: Tasks of one complete DAG.
    """
    if compat.runs_task():
        return
    context = load_context()
    is_enforced = context.readable_settings.policy in ENFORCED
    found: dict[Problem, list[Any]] = {}
    for task in tasks:
        problem = check_executor(task, context)
        if problem is not None and not (is_enforced and requires_executor(task, context)):
            found.setdefault(problem, []).append(task)
    for problem, unapplied in found.items():
        message = f"{_name_tasks(unapplied)}: {problem}"
        context.warn(message, problem.code, locate_task(unapplied[0]), UnappliedWarning)


def _name_tasks(tasks: Sequence[Any]) -> str:
    named = ", ".join(repr(task.task_id) for task in tasks[:_MOST_NAMED])
    rest = f" and {len(tasks) - _MOST_NAMED} more" if len(tasks) > _MOST_NAMED else ""
    return f"task{'s' if len(tasks) > 1 else ''} {named}{rest} of DAG {tasks[0].dag_id!r}"
