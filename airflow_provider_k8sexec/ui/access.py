"""Access to a task's pod: for users whom Airflow's auth manager allows to read the task.

Airflow does not authenticate a plugin's endpoints, so each endpoint of the tab depends on this.
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
    """Report whether a user who is allowed to read the DAG of the path may read another entity of it."""
    try:
        requires_access_dag(method="GET", access_entity=entity)(request, user)
    except HTTPException:
        return False
    return True
