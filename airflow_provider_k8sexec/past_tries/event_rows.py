"""The rows of Airflow's event log, the table ``log``, in which this package keeps what it knows of tries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

if TYPE_CHECKING:
    from sqlalchemy.sql import ColumnElement

    from airflow_provider_k8sexec.pod.pod_try import PodTry


def match_events(log: Any, event: str, of: PodTry) -> list[ColumnElement[bool]]:
    """Build the conditions for the rows of a try.

    Airflow's index ``idx_log_task_instance`` has all columns of them but the event.

    Args:
        log: The columns of Airflow's table ``log``.
        event: The event.
        of: The try.
    """
    return [log[name] == value for name, value in {**asdict(of), "event": event}.items()]
