"""What Airflow's database knows of a task and its tries.

Each session is closed before anything else is done: a page that waits for a cluster holds no connection.
Source: https://airflow.apache.org/docs/apache-airflow/stable/database-erd-ref.html
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.exceptions import TaskNotFound
from airflow.jobs.job import Job
from airflow.models.dagrun import DagRun
from airflow.models.serialized_dag import SerializedDagModel
from airflow.models.taskinstance import TaskInstance
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from attrs import evolve
from sqlalchemy import select

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.shown import show_answer
from airflow_provider_k8sexec.past_tries.earlier_ends import read_ends
from airflow_provider_k8sexec.past_tries.failures import read_failure
from airflow_provider_k8sexec.past_tries.kept_usage import LAST_RUNS, load_kept
from airflow_provider_k8sexec.past_tries.usage_history import (
    build_kept,
    describe_skipped,
    merge_records,
    read_records,
    select_record,
)
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.pod_try import PodTry
from airflow_provider_k8sexec.ui.measured import History
from airflow_provider_k8sexec.ui.subject import Try

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from airflow_provider_k8sexec.ui.subject import Subject

T = TypeVar("T")

NO_RECORDS = "No run has a record yet. A worker writes one as its try ends."
LAST_TRIES_ALONE = (
    "You are not allowed to read the audit log, which has the tries before the last one of each run."
)
UNREAD = "The records of past runs cannot be read. The log of the API server names the error."
_NEWEST_SCHEDULERS = 1000
_logger = logging.getLogger(__name__)


def load_try(subject: Subject) -> Try | None:
    """Load the requested try; ``None`` if there is no such task, instance or try."""
    load = _load_task if subject.run_id is None else _load_instance
    with create_session(scoped=False) as session:
        requested = load(subject, session)
    ends = _find_counted_ends(requested.executor_config) if requested and subject.run_id else set()
    if requested is None or not ends:
        return requested
    unknown: dict[str, int] = {}
    ended = _load_or(unknown, "How earlier tries ended", _count_ends, subject, requested.number, ends)
    return evolve(requested, ended=ended)


def _find_counted_ends(config: Mapping[str, Any]) -> set[str]:
    """Find the ends of tries that only the database knows: the number of the try is known."""
    override = to_manifest(config.get(POD_OVERRIDE))
    steps = read_per_try(override).values() if isinstance(override, dict) else ()
    return {found.after for found in steps if found.after != FAILURE}


def _count_ends(subject: Subject, number: int, ends: set[str], session: Session) -> dict[str, int]:
    of = PodTry(subject.dag_id, subject.task_id, str(subject.run_id), subject.map_index, number)
    known = read_ends(of, session)
    return {after: sum(earlier < number for earlier in known.find_counted(after)) for after in ends}


def load_history(subject: Subject, *, reads_events: bool) -> History:
    """Load what the task's last runs used; nothing where that cannot be read.

    Args:
        subject: What the page is about.
        reads_events: Whether the rows of the event log are read as well, which have the tries before the last
            one of a run, and runs that are gone.
    """
    load = partial(_load_history, reads_events=reads_events)
    return _load_or(History(missing=UNREAD), "What past runs used", load, subject)


def load_failure(subject: Subject, number: int) -> str:
    """Load why the pod of a try failed, in one sentence; empty if there is no readable record."""
    return _load_or("", "Why a pod failed", _load_failure, subject, number)


def _load_or(otherwise: T, what: str, load: Callable[..., T], *arguments: Any) -> T:
    """Load what the page can do without."""
    try:
        with create_session(scoped=False) as session:
            return load(*arguments, session)
    except Exception as error:  # noqa: BLE001  # of all kinds, by the database and its driver
        _logger.warning("%s cannot be read: %s", what, type(error).__name__)
        return otherwise


def _load_task(subject: Subject, session: Session) -> Try | None:
    dag = SerializedDagModel.get_dag(subject.dag_id, session=session)
    try:
        task = dag.get_task(subject.task_id) if dag else None
    except TaskNotFound:
        task = None
    number = 1 if subject.try_number is None else subject.try_number
    if dag is None or task is None or not 1 <= number <= task.retries + 1:
        return None
    named = frozenset(other.executor for other in dag.tasks if other.executor)
    requested = _load_try(number, task, range(1, task.retries + 2), subject, session)
    return evolve(requested, named_executors=named, operator=task.task_type)


def _load_instance(subject: Subject, session: Session) -> Try | None:
    names = ("dag_id", "task_id", "run_id", "map_index")
    identity = {name: getattr(subject, name) for name in names}
    newest = session.scalar(select(TaskInstance).where(*compat.match_last_try(identity)))
    if newest is None:
        return None
    earlier = {row.try_number: row for row in session.scalars(compat.select_earlier_tries(identity))}
    newest_number = max(newest.try_number, 1)
    rows = {**earlier, newest_number: newest}
    number = newest_number if subject.try_number is None else subject.try_number
    row = rows.get(number)
    if row is None:
        return None
    named = session.scalars(compat.select_named_executors(subject.dag_id, str(subject.run_id)))
    requested = evolve(
        _load_try(number, row, sorted(rows), subject, session),
        named_executors=frozenset(named),
        operator=row.operator or "",
    )
    if not row.queued_dttm:
        return requested
    return evolve(
        requested,
        state=row.state or "",
        hostname=row.hostname or "",
        schedulers=_load_schedulers(row.queued_by_job_id, session),
    )


def _load_try(number: int, holder: Any, tries: Iterable[int], subject: Subject, session: Session) -> Try:
    """Give what is known of a try that need not have been queued."""
    return Try(
        number,
        _config_of(holder),
        tuple(tries),
        executor=holder.executor,
        queue=holder.queue,
        team=compat.load_team(subject.dag_id, session),
    )


def _config_of(holder: Any) -> dict[str, Any]:
    config = holder.executor_config
    return config if isinstance(config, dict) else {}


def _load_schedulers(queued_by: int | None, session: Session) -> frozenset[str]:
    """Give the ids that this installation's schedulers have put, or may have put, on their pods."""
    known = select(Job.id).where(Job.job_type == "SchedulerJob").order_by(Job.id.desc())
    ids = [*session.scalars(known.limit(_NEWEST_SCHEDULERS)), queued_by]
    return frozenset(str(number) for number in ids if number is not None)


def _load_history(subject: Subject, session: Session, *, reads_events: bool) -> History:
    of_task = (XComModel.dag_id == subject.dag_id, XComModel.task_id == subject.task_id)
    columns = (
        XComModel.dag_id,
        XComModel.task_id,
        XComModel.run_id,
        XComModel.map_index,
        DagRun.run_after.label("dttm"),
        select_record(),
    )
    query = (
        compat.select_xcoms(USAGE_KEY, *columns)
        .join(DagRun, XComModel.dag_run_id == DagRun.id)
        .where(*of_task)
        .order_by(DagRun.run_after.desc(), XComModel.map_index)
        .limit(LAST_RUNS)
    )
    if subject.run_id is not None:
        query = query.where(XComModel.map_index == subject.map_index)
    read, skipped = read_records(reversed(session.execute(query).all()))
    measured = [build_kept(row, usage) for row, usage in read]
    rows = load_kept(session, subject.dag_id, subject.task_id) if reads_events else []
    kept = tuple(merge_records(rows, measured))
    left_out = "" if reads_events else LAST_TRIES_ALONE
    missing = describe_skipped(skipped) or (left_out if kept else NO_RECORDS)
    shown = None if subject.run_id is None else subject.map_index
    return History(kept, shown, missing, load_context().readable_prices)


def _load_failure(subject: Subject, number: int, session: Session) -> str:
    if subject.run_id is None:
        return ""
    of = PodTry(subject.dag_id, subject.task_id, subject.run_id, subject.map_index, number)
    return show_answer(read_failure(of, session))
