"""An auth manager whose users differ in the DAGs, and in the parts of a DAG, that they may read."""

from __future__ import annotations

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

_PAYROLL = ("payroll", None)
_UNSEEN = {
    "analyst": {_PAYROLL},
    "guest": {_PAYROLL, (None, DagAccessEntity.XCOM), (None, DagAccessEntity.AUDIT_LOG)},
}


class PerDagAuthManager(SimpleAuthManager):
    """Lets the boss read all, analysts all but the payroll, guests of that neither XComs nor events."""

    def is_authorized_dag(self, *, method, user, access_entity=None, details=None):
        requested = {(details.id if details else None, None), (None, access_entity)} - {(None, None)}
        if requested & _UNSEEN.get(user.username, set()):
            return False
        return super().is_authorized_dag(
            method=method, user=user, access_entity=access_entity, details=details
        )
