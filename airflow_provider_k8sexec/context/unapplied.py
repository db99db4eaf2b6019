"""Pod options that do nothing, because no KubernetesExecutor runs the task: the finding, and its one wording.

Options of a pod that a task starts itself are no such options: they apply under every executor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.context.executors import (
    ADD_EXECUTOR,
    can_be_routed_to,
    find_team,
    is_for_team,
    resolve_executors,
)
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.pod.declared import OPTIONS, WORKER_OPTIONS, name_declared
from airflow_provider_k8sexec.pod.started import started_request
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.context.executors import ExecutorName, TaskExecutor
    from airflow_provider_k8sexec.context.site_context import SiteContext


def check_executor(task: Any, context: SiteContext) -> Problem | None:
    """Find pod options of a task that do nothing; ``None`` where it has none, or they may apply.

    Args:
        task: A task of a DAG, mapped or not.
        context: The site.
    """
    declared = name_declared(task.executor_config)
    if not declared:
        return None
    if declared == OPTIONS and started_request(task) is not None:  # whose arguments do apply
        declared = WORKER_OPTIONS
    team = find_team(getattr(task, "dag", None), context.executors)
    named, queue = getattr(task, "executor", None), getattr(task, "queue", None)
    podless = find_podless(context, named, queue, team)
    return describe_unapplied(declared, podless, context.executors, team) if podless else None


def find_podless(
    context: SiteContext, named: str | None, queue: str | None, team: str | None
) -> TaskExecutor | None:
    """Find the executor that runs a task without a pod of the task's own.

    Args:
        context: The site.
        named: The executor that the task names.
        queue: The queue of the task.
        team: The team of its DAG, empty where the DAG has none; ``None`` where that is not known here.

    Returns:
        The executor; ``None`` where the task may have a pod, or this process cannot know.
    """
    found = resolve_executors(context.executors, named, queue, team)
    return found[0] if found and not any(executor.has_pod for executor in found) else None


def describe_unapplied(
    declared: str, podless: TaskExecutor, executors: Sequence[ExecutorName], team: str | None
) -> Problem:
    """Describe pod options that do nothing: because of which executor, and what to write instead."""
    verb = "do" if declared in (OPTIONS, WORKER_OPTIONS) else "does"
    reason = f"{verb} nothing, because {podless.executor.name} runs the task ({podless.reason})"
    return Problem(declared, "", reason, _find_remedy(podless, executors, team), code="K8S701")


def describe_podless(config: object, podless: TaskExecutor, context: SiteContext, team: str) -> str:
    """Describe, in a sentence, why a task has no worker pod, and what that means for its options."""
    if name_declared(config):
        problem = str(describe_unapplied(OPTIONS, podless, context.executors, team))
        return problem[0].upper() + problem[1:]
    return f"{podless.executor.name} runs the task ({podless.reason}), so it has no worker pod."


def _find_remedy(podless: TaskExecutor, executors: Sequence[ExecutorName], team: str | None) -> str:
    if podless.remedy:
        return podless.remedy
    usable = [item for item in executors if item.is_kubernetes and is_for_team(item, team)]
    routable = [item.short_name for item in usable if can_be_routed_to(item)]
    if routable and podless.is_default:
        of_site = f"{name_option('executor')} = {routable[0]}"
        return f"write executor={routable[0]!r}, set {of_site} for all such tasks, or remove the options"
    if usable:
        return f"write executor={usable[0].short_name!r}, or remove the options"
    return f"remove the options, write them as arguments of a K8sPodOperator, or {ADD_EXECUTOR}"
