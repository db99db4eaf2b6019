"""Declarations held against all rules, as attaching them to a task does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec import rules
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.site.deployment import Deployment


def check_declaration(declaration: Declaration, deployment: Deployment) -> list[Problem]:
    """Find every mistake in a declaration."""
    return rules.check_declaration(TaskRequest((), [("", declaration)], deployment)).errors
