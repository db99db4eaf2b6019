"""Why the pod of a try failed, in Airflow's event log: the rows that the scheduler writes and others read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.sql import ColumnElement

    from airflow_provider_k8sexec.pod.pod_try import PodTry

FAILURE_EVENT = "pod problem"
"""The event of these rows in Airflow's ``log`` table; ``extra`` is the sentence that users read."""


def match_failures(log: Any, of: PodTry) -> list[ColumnElement[bool]]:
    """Build the conditions for the rows that record a problem of a try's pod.

    Args:
        log: The columns of Airflow's table ``log``.
        of: The try.
    """
    return [log[name] == value for name, value in {**asdict(of), "event": FAILURE_EVENT}.items()]


def read_failure(of: PodTry, session: Session) -> str:
    """Read the last record of why a try's pod failed; empty if there is none.

    Any process may write rows of this event: show the sentence as foreign text.
    """
    from airflow.models.log import Log  # only processes with a database
    from sqlalchemy import select

    log = Log.__table__.c
    query = select(log.extra).where(*match_failures(log, of)).order_by(log.id.desc()).limit(1)
    return session.scalar(query) or ""
