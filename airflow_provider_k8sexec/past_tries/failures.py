"""Why the pod of a try failed, as the scheduler records it and others read it.

There are two records of one diagnosis. A row of Airflow's event log is for people, and stays: its ``extra``
is the sentence, which begins with the code: ``Drained (EvictionByEvictionAPI): ...``, or ``OOMKilled: ...``
where Kubernetes has no other term. An XCom of the task instance is for programs: callbacks of Airflow 3 have
no database, and XComs are what their API gives. Airflow removes it as the next try starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import asdict, fields

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis
from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.past_tries.event_rows import match_events
from airflow_provider_k8sexec.past_tries.usage_record import LONGEST_RECORD, load_record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from airflow_provider_k8sexec.pod.pod_try import PodTry

FAILURE_EVENT = "pod problem"
"""The event of these rows in Airflow's ``log`` table; ``extra`` is the sentence that users read."""

FAILURE_KEY = "k8sexec_failure"
"""The key of the XCom: an object with the parts of the diagnosis, its ``actor``, and the ``try_number``."""


def read_failure(of: PodTry, session: Session) -> str:
    """Read the last record of why a try's pod failed; empty if there is none.

    Any process may write rows of this event: show the sentence as foreign text.
    """
    from airflow.models.log import Log  # only processes with a database
    from sqlalchemy import select

    log = Log.__table__.c
    query = select(log.extra).where(*match_events(log, FAILURE_EVENT, of)).order_by(log.id.desc()).limit(1)
    return session.scalar(query) or ""


def build_record(of: PodTry, diagnosis: Diagnosis) -> dict[str, Any]:
    """Build the content of the XCom."""
    return {**asdict(diagnosis), "actor": str(diagnosis.actor), "try_number": of.try_number}


def load_failure(of: PodTry) -> Diagnosis | None:
    """Load why the pod of a try failed; ``None`` if nothing is recorded.

    Any task may push an XCom of that name, so it is read as untrusted input.

    Raises:
        RecordError: The record is not one that this package wrote.
        Exception: Neither the database nor Airflow's API can be reached; whatever they raise.
    """
    stored = compat.load_stored_xcom(of.instance, FAILURE_KEY, LONGEST_RECORD + 1)
    if stored is None:
        return None
    record = load_record(stored) if isinstance(stored, (str, bytes)) else stored
    if not isinstance(record, dict):
        raise RecordError("not a JSON object")
    return _parse_record(record) if record.get("try_number") == of.try_number else None


def _parse_record(record: dict[str, Any]) -> Diagnosis:
    parts = {field.name: record.get(field.name, "") for field in fields(Diagnosis)}
    if not all(isinstance(part, str) and len(part) <= LONGEST_RECORD for part in parts.values()):
        raise RecordError("a part of it is not a string")
    try:
        return Diagnosis(**parts)
    except ValueError:
        raise RecordError("its code is unknown to this version") from None
