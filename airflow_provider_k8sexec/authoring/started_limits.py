"""The site's limits, held against the pod that a task starts: only as it is built is all of it rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import SpecError, name_task
from airflow_provider_k8sexec.site.option_table import ENFORCED

if TYPE_CHECKING:
    from airflow_provider_k8sexec.pod.task_request import TaskRequest


def enforce_limits(request: TaskRequest, task: Any, location: tuple[str, int]) -> None:
    """Refuse a pod whose options break the site's limits, where the policy enforces them.

    Args:
        request: What the pod options request, all of it rendered.
        task: The task that starts the pod.
        location: The file and line of its author.

    Raises:
        SpecError: It breaks limits; the error lists all of them.
        ConfigurationError: The site's settings or rules have mistakes.
    """
    context = load_context().of_started_pods
    if context.settings.policy not in ENFORCED or context.rules.exempts(task.dag_id, task.task_id):
        return
    from airflow_provider_k8sexec.rules.requested_pod.started_limits import check_started_limits

    problems = [*check_started_limits(request.requested, request.site_requested, context.rules)]
    if problems:
        raise SpecError(problems, name_task(task.task_id, task.dag_id), location)
