"""What authors learn of what is wrong with a task: one error with all of it, or warnings."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec._compat import load_option
from airflow_provider_k8sexec.authoring.layers import describe_task, find_defaults
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import DeploymentError, SpecError
from airflow_provider_k8sexec.pod.own_secret import lacks_release
from airflow_provider_k8sexec.rules import check_retries
from airflow_provider_k8sexec.site.deployment import (
    describe_placeholder,
    describe_unknown_release,
    report_unknown_release,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.pod.task_request import TaskRequest
    from airflow_provider_k8sexec.rules import Findings


def report_findings(
    request: TaskRequest,
    findings: Findings,
    task: str | None,
    context: SiteContext,
    locate: Callable[[], tuple[str, int]],
) -> None:
    """Raise what is wrong with what a task requests, and warn of what may be.

    Args:
        request: What the task requests.
        findings: What was found.
        task: The task, for errors.
        context: The site.
        locate: Finds the file and line of the task's author.

    Raises:
        SpecError: Something is wrong; the error lists all problems.
        DeploymentError: Nothing is wrong but that the deployment's secret is requested and its name unknown.
    """
    found = [*findings.errors]
    needs_release = lacks_release(request.declaration, request.deployment)
    if needs_release and context.is_deployment:
        if not found:
            raise DeploymentError(describe_unknown_release(), task, locate())
        found.append(report_unknown_release("secrets"))
    if found:
        raise SpecError(found, task, locate())
    for problem in findings.warnings:
        context.warn(f"{task or 'the pod options'}: {problem}", problem.code, locate())
    if needs_release and context.is_first("the release is unknown"):
        context.warn(describe_placeholder(), "K8S113", locate())


def warn_of_tries(
    request: TaskRequest, arguments: Mapping[str, Any], locate: Callable[[], tuple[str, int]]
) -> None:
    """Warn the author of per-try values that no try will have."""
    if not request.declaration.has_steps:
        return
    given = [defaults for _, defaults in find_defaults(arguments)] + [arguments]
    retries = [layer["retries"] for layer in given if "retries" in layer]
    with suppress(TypeError, ValueError):  # Airflow refuses what is not a number
        count = int((retries[-1] if retries else load_option("core", "default_task_retries")) or 0)
        for problem in check_retries(request, count):
            whose = describe_task(arguments) or "a task"
            load_context().warn(f"{whose}: {problem}", problem.code, locate())
