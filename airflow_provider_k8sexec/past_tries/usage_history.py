"""What tasks used in their last runs: their records, read from Airflow's metadata database.

There are two kinds: the rows of the event log (:mod:`kept_usage`), of each pod, and the XComs of tries that
have no row, such as those from before this package wrote rows. They are read as the database holds them, and
any task may have written one: a record that cannot be read is skipped and counted, and the others are used.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec._compat import load_xcom_model, select_stored_xcom, select_xcoms
from airflow_provider_k8sexec.exceptions import DeploymentError, RecordError
from airflow_provider_k8sexec.options.shown import show_text
from airflow_provider_k8sexec.past_tries.kept_usage import (
    USAGE_EVENT,
    KeptUsage,
    add_measured,
    keep_last,
    read_rows,
    select_columns,
)
from airflow_provider_k8sexec.past_tries.usage_record import LONGEST_RECORD, USAGE_KEY, Usage, parse_usage
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_RECORDS = 20_000
"""The most records of one task that are read, those of the latest runs: a task may have been mapped to
thousands of instances."""

_ROWS_HELD = 1000
_REASONS_SHOWN = 3
_UNKNOWN = dt.datetime.min.replace(tzinfo=dt.timezone.utc)
"""A foreign row may have no time."""


@frozen
class TaskHistory:
    """What a task used.

    Attributes:
        dag_id: The DAG.
        task_id: The task, with its groups.
        kept: What the pods of its last runs requested and used, the oldest first; of a try that has an XCom
            alone, what that has.
        skipped: How many records could not be read, by reason.
    """

    dag_id: str
    task_id: str
    kept: tuple[KeptUsage, ...]
    skipped: Counter[str]

    @property
    def usages(self) -> tuple[Usage, ...]:
        """What the workers measured, the oldest first; for a mapped task, those of each instance."""
        return tuple(kept.usage for kept in self.kept if kept.usage is not None)

    @property
    def runs(self) -> int:
        """How many runs have a measured usage."""
        return len({kept.of.run_id for kept in self.kept if kept.usage is not None})


def load_histories(last: int, dag_id: str | None = None, task_id: str | None = None) -> Iterator[TaskHistory]:
    """Load the records of tasks, one task after the other, in the order of their names.

    Args:
        last: How many of each task's latest runs are read.
        dag_id: Only this DAG.
        task_id: Only this task.

    Raises:
        DeploymentError: The metadata database cannot be read.
    """
    from airflow.utils.session import create_session  # most processes read no records
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session() as session:
            query = _select_all(last, dag_id, task_id)
            rows = session.execute(query, execution_options={"yield_per": _ROWS_HELD})
            for names, of_task in groupby(rows, lambda row: (row.dag_id, row.task_id)):
                yield _make_history(*names, of_task, last)
    except (SQLAlchemyError, RuntimeError) as error:
        raise DeploymentError(
            f"The metadata database cannot be read: {show_text(_shorten(error))}\n"
            "Run this where Airflow's own commands can read it, such as in a scheduler's pod: "
            "kubectl exec deploy/<release>-scheduler -- k8sexec usage"
        ) from error


def _shorten(error: Exception) -> str:
    """Give the driver's own words: SQLAlchemy adds the whole query, and where to read about it."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def select_record() -> Any:
    """Build the SQL expression of a record, to select as a column ``record``."""
    # One character more than the limit, so that a record that is too long can be recognised.
    return select_stored_xcom(LONGEST_RECORD + 1).label("record")


def read_records(rows: Iterable[Any]) -> tuple[list[tuple[Any, Usage]], Counter[str]]:
    """Read the records of rows.

    Args:
        rows: Rows of a query that selects :func:`select_record`.

    Returns:
        Each row whose record can be read, with its content; and how many could not be read, by reason.
    """
    read: list[tuple[Any, Usage]] = []
    skipped: Counter[str] = Counter()
    for row in rows:
        try:
            read.append((row, parse_usage(row.record)))
        except RecordError as error:
            skipped[str(error)] += 1
    return read, skipped


def describe_skipped(skipped: Counter[str]) -> str:
    """Describe in one line how many records were skipped, and why; empty if none was."""
    count = skipped.total()
    if not count:
        return ""
    reasons = [f"{number} {reason}" for reason, number in skipped.most_common(_REASONS_SHOWN)]
    more = ["others"] if len(skipped) > _REASONS_SHOWN else []
    return f"{count} record{'s were' if count > 1 else ' was'} skipped: {', '.join(reasons + more)}."


def _select_all(last: int, dag_id: str | None, task_id: str | None) -> Any:
    """Build the query of both kinds, task by task: the XComs, then the rows, each the oldest first.

    One query, because databases order names by their own rules, by which two results cannot be merged here.
    """
    from sqlalchemy import cast, literal, null, select, union_all  # most processes read no records

    xcoms = _select_records(last, dag_id, task_id).order_by(None).subquery().c
    rows = _select_rows(dag_id, task_id).subquery().c
    names = ("dag_id", "task_id", "run_id", "map_index", "dttm")
    kind = xcoms.record.type
    both = union_all(
        select(
            *(xcoms[name] for name in names),
            *(cast(null(), rows[name].type).label(name) for name in ("try_number", "extra")),
            xcoms.record,
            literal(0).label("kind"),
            xcoms.dag_run_id.label("place"),
        ),
        select(
            *(rows[name] for name in (*names, "try_number", "extra")),
            cast(null(), kind).label("record"),
            literal(1).label("kind"),
            rows.id.label("place"),
        ),
    ).subquery()
    order = ("dag_id", "task_id", "kind", "place", "map_index")
    return select(both).order_by(*(both.c[name] for name in order))


def _select_records(last: int, dag_id: str | None, task_id: str | None) -> Any:
    from sqlalchemy import func, select  # most processes read no records

    xcom = load_xcom_model()
    of_task = {"partition_by": (xcom.dag_id, xcom.task_id)}
    age = func.dense_rank().over(**of_task, order_by=xcom.dag_run_id.desc())
    number = func.row_number().over(**of_task, order_by=(xcom.dag_run_id.desc(), xcom.map_index))
    names = (xcom.dag_id, xcom.task_id, xcom.run_id, xcom.dag_run_id, xcom.map_index)
    columns = (
        *names,
        xcom.timestamp.label("dttm"),
        select_record(),
        age.label("age"),
        number.label("number"),
    )
    records = _match_task(select_xcoms(USAGE_KEY, *columns), xcom, dag_id, task_id)
    found = records.subquery().c
    order = (found.dag_id, found.task_id, found.dag_run_id, found.map_index)
    return select(*found).where(found.age <= last, found.number <= MOST_RECORDS).order_by(*order)


def _select_rows(dag_id: str | None, task_id: str | None) -> Any:
    """Build the query of the latest rows of each task; their runs are counted as they are read."""
    from airflow.models.log import Log  # most processes read no records
    from sqlalchemy import func, select

    log = Log.__table__.c
    number = func.row_number().over(partition_by=(log.dag_id, log.task_id), order_by=log.id.desc())
    ranked = select(log.id, number.label("number")).where(log.event == USAGE_EVENT)
    # Numbered without their content, so that a database sorts less.
    latest = _match_task(ranked, log, dag_id, task_id).subquery().c
    return select(*select_columns(log)).where(log.id == latest.id, latest.number <= MOST_RECORDS)


def _match_task(query: Any, of: Any, dag_id: str | None, task_id: str | None) -> Any:
    named = {"dag_id": dag_id, "task_id": task_id}
    return query.where(*(getattr(of, name) == value for name, value in named.items() if value is not None))


def _make_history(dag_id: str, task_id: str, rows: Iterable[Any], last: int) -> TaskHistory:
    of_kind: tuple[list[Any], list[Any]] = ([], [])
    for row in rows:
        of_kind[row.kind].append(row)
    measured, unread = read_records(of_kind[0])
    kept, foreign = read_rows(of_kind[1])
    whole = merge_records(kept, [build_kept(row, usage) for row, usage in measured])
    return TaskHistory(dag_id, task_id, tuple(keep_last(whole, last)), unread + foreign)


def merge_records(kept: Iterable[KeptUsage], measured: Iterable[KeptUsage]) -> list[KeptUsage]:
    """Merge what rows of the event log and XComs have of one task, each try once, the oldest first.

    Args:
        kept: What the rows have, the oldest first.
        measured: What the XComs have, likewise.
    """
    of_try = {it.of: it for it in measured}
    completed = []
    for row in reversed([*kept]):
        xcom = of_try.pop(row.of, None)  # of several pods of one try, the last one has measured
        completed.append(add_measured(row, xcom.usage) if xcom is not None and row.usage is None else row)
    return sorted([*of_try.values(), *reversed(completed)], key=lambda it: it.at or _UNKNOWN)


def build_kept(row: Any, usage: Usage) -> KeptUsage:
    """Build what is known of a try that has an XCom and no row.

    Args:
        row: A row with the identity of a task instance, and the time as ``dttm``.
        usage: The content of its record.
    """
    amounts = {"memory": usage.memory_request, "cpu": usage.cpu_request}
    limits = {"memory": usage.memory_limit, "cpu": usage.cpu_limit}
    return KeptUsage(
        of=PodTry(row.dag_id, row.task_id, row.run_id, row.map_index, usage.try_number),
        pod="",
        at=row.dttm,
        ended="",
        was_killed=usage.oom_kills > 0,
        seconds=usage.seconds,
        requests={name: amount for name, amount in amounts.items() if amount is not None},
        limits={name: amount for name, amount in limits.items() if amount is not None},
        usage=usage,
    )
