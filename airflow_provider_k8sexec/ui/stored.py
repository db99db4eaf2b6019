"""What Airflow's database knows of a task and its tries.

Source: https://airflow.apache.org/docs/apache-airflow/stable/database-erd-ref.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.exceptions import TaskNotFound
from airflow.models.dagrun import DagRun
from airflow.models.log import Log
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.taskinstancehistory import TaskInstanceHistory
from airflow.models.xcom import XComModel
from sqlalchemy import select

from airflow_provider_k8sexec.failures import FAILURE_EVENT
from airflow_provider_k8sexec.ui.plot import Measured
from airflow_provider_k8sexec.ui.subject import Try
from airflow_provider_k8sexec.usage import USAGE_KEY
from airflow_provider_k8sexec.usage_history import describe_skipped, read_records, select_record

if TYPE_CHECKING:
    from sqlalchemy.orm import Session
    from sqlalchemy.sql import Select

    from airflow_provider_k8sexec.ui.subject import Subject

_RUNS_SHOWN = 30


def load_try(subject: Subject, session: Session) -> Try | None:
    """Load the try that is asked for; ``None`` if there is no such task, instance or try."""
    return _load_task(subject, session) if subject.run_id is None else _load_instance(subject, session)


def _load_task(subject: Subject, session: Session) -> Try | None:
    dag = SerializedDagModel.get_dag(subject.dag_id, session=session)
    try:
        task = dag.get_task(subject.task_id) if dag else None
    except TaskNotFound:
        task = None
    number = 1 if subject.try_number is None else subject.try_number
    if task is None or not 1 <= number <= task.retries + 1:
        return None
    return Try(number, task.executor_config or {}, tuple(range(1, task.retries + 2)))


def _load_instance(subject: Subject, session: Session) -> Try | None:
    newest = session.scalar(_of_instance(TaskInstance, subject))
    if newest is None:
        return None
    earlier = {row.try_number: row for row in session.scalars(_of_instance(TaskInstanceHistory, subject))}
    newest_number = max(newest.try_number, 1)
    rows = {**earlier, newest_number: newest}
    number = newest_number if subject.try_number is None else subject.try_number
    row = rows.get(number)
    if row is None:
        return None
    state = row.state if row.queued_dttm else None
    return Try(number, row.executor_config or {}, tuple(sorted(rows)), state or "")


def _of_instance(model: Any, subject: Subject) -> Select[Any]:
    return select(model).where(
        model.dag_id == subject.dag_id,
        model.task_id == subject.task_id,
        model.run_id == subject.run_id,
        model.map_index == subject.map_index,
    )


def load_history(subject: Subject, session: Session) -> tuple[list[Measured], str]:
    """Load what the task's last runs used, the oldest first, and one line about records that were skipped."""
    query = (
        select(XComModel.run_id, XComModel.map_index, select_record())
        .join(DagRun, XComModel.dag_run_id == DagRun.id)
        .where(
            XComModel.dag_id == subject.dag_id,
            XComModel.task_id == subject.task_id,
            XComModel.key == USAGE_KEY,
        )
        .order_by(DagRun.run_after.desc(), XComModel.map_index)
        .limit(_RUNS_SHOWN)
    )
    if subject.run_id is not None:
        query = query.where(XComModel.map_index == subject.map_index)
    read, skipped = read_records(reversed(session.execute(query).all()))
    measured = [Measured(row.run_id, row.map_index, usage) for row, usage in read]
    return measured, describe_skipped(skipped)


def load_failure(subject: Subject, number: int, session: Session) -> str:
    """Load why the pod of a try failed, in one sentence; empty if nothing was noted."""
    query = (
        _of_instance(Log, subject)
        .where(Log.event == FAILURE_EVENT, Log.try_number == number)
        .order_by(Log.id.desc())
        .limit(1)
    )
    found = session.scalar(query)
    return found.extra or "" if found else ""
