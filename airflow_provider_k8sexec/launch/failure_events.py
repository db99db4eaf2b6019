"""What is wrong with a task's pod, recorded in Airflow's event log.

:mod:`airflow_provider_k8sexec.launch.watch` finds the pods that fail or wait. A pod that the API server
refused never exists; its reason is read from the error that Airflow reports for the task.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from attrs import define

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis import diagnose_refusal
from airflow_provider_k8sexec.diagnosis.codes import CODES, Stage
from airflow_provider_k8sexec.launch.record_writer import (
    Record,
    add_record,
    exists,
    insert_event,
    is_own,
    transaction,
    warn_unwritten,
)
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT, FAILURE_KEY, build_record
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.sql import Delete, Insert

    from airflow_provider_k8sexec.diagnosis import Diagnosis

_log = logging.getLogger(__name__)


@define
class FailureRecord(Record):
    """What is wrong with the pod of a try.

    Attributes:
        diagnosis: What is wrong.
    """

    diagnosis: Diagnosis

    @property
    def key(self) -> tuple[PodTry, str, int | None]:
        """The try and the reason, and the job that must have queued the try.

        A record of a pod that an executor has adopted is not written for the job that launched it, whose
        place in the database the new job has taken. It must not hide the one that is.
        """
        return self.of, self.diagnosis.head, self.queued_by

    def write(self, engine: Engine) -> None:
        """Write the row for people, then that for programs; each may have been written before."""
        row = insert_event(self, FAILURE_EVENT, str(self.diagnosis), f"{self.diagnosis.head}: ")
        with transaction(engine, self.of) as connection:
            is_written = connection.execute(row).rowcount
        if is_written:
            _log.warning("The pod of %s: %s", self.of, self.diagnosis)
            tags = {"dag_id": self.of.dag_id, "task_id": self.of.task_id, "code": self.diagnosis.code}
            send_metric("pod_problems", 1, tags)
        with transaction(engine, self.of) as connection:
            delete, insert = _replace_xcom(self)
            connection.execute(delete)
            connection.execute(insert)


def record_pod(of: PodTry, diagnosis: Diagnosis, queued_by: int | None = None) -> None:
    """Record what is wrong with a worker pod, once for each try and reason, and return without waiting.

    Args:
        of: The try that the pod is for.
        diagnosis: What is wrong with the pod.
        queued_by: The scheduler's job that launched the pod, where it is not the job of this process.
    """
    add_record(FailureRecord(of, diagnosis, queued_by=queued_by))


def record_refusal(task_instance: Any, error: str) -> None:
    """Record why a pod was not created; never waits, and never raises.

    Args:
        task_instance: The task instance that failed.
        error: The error that Airflow reports for it.
    """
    try:
        diagnosis = diagnose_refusal(error)
        if diagnosis is not None:
            of = PodTry(**{name: getattr(task_instance, name) for name in PodTry.__annotations__})
            add_record(FailureRecord(of, diagnosis))
    except Exception as failure:  # noqa: BLE001  # a record is no reason to disturb the scheduler
        warn_unwritten(failure)


def _replace_xcom(record: FailureRecord) -> tuple[Delete, Insert]:
    """Replace what is known of a try for programs, if the try is the last one and the record is still true.

    Where the task has begun meanwhile, what the pod waited for is no reason why it fails later.
    """
    from sqlalchemy import or_  # the scheduler has loaded it; other processes need not

    identity = record.of.instance
    task = compat.load_try_models()[0]
    if CODES[record.diagnosis.code].stage is Stage.WAITS:
        fits = task.state.in_(["scheduled", "queued"])
    else:
        fits = or_(task.state.is_(None), task.state != "success")
    is_last = exists(task, *compat.match_last_try(identity), task.try_number == record.of.try_number, fits)
    value = build_record(record.of, record.diagnosis)
    return compat.replace_xcom(identity, FAILURE_KEY, value, is_last, is_own(record))
