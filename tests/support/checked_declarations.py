"""Declarations held against all rules, as attaching them to a task does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec import rules
from airflow_provider_k8sexec.pod.manifest import build_requested_pod

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.site.deployment import Deployment


def check_declaration(declaration: Declaration, deployment: Deployment) -> list[Problem]:
    """Find every mistake in a declaration."""
    requested = build_requested_pod(declaration, deployment)
    return rules.check_declaration(declaration, requested, deployment).errors
