"""Who may see a task's pod: who may read the task, by the word of Airflow's auth manager.

Airflow does not authenticate a plugin's endpoints, so each of ours depends on this.
Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/auth-manager/index.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends, HTTPException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request

READS_TASK: Sequence[Any] = [
    Depends(requires_access_dag(method="GET")),
    Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.TASK)),
    Depends(requires_access_dag(method="GET", access_entity=DagAccessEntity.TASK_INSTANCE)),
]
"""The dependencies of an endpoint that shows a task: 401 without a user, 403 without the right."""


def may_read(entity: DagAccessEntity, request: Request, user: Any) -> bool:
    """Tell whether a user who may read the DAG of the path may also read something else of it."""
    try:
        requires_access_dag(method="GET", access_entity=entity)(request, user)
    except HTTPException:
        return False
    return True
