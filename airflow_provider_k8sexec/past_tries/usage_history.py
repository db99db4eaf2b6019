"""What tasks used in their last runs: their records, read from Airflow's metadata database.

The records are read as the database holds them, and any task may have written one: a record that cannot be
read is skipped and counted, and the others are used.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec._compat import load_xcom_model, select_stored_xcom, select_xcoms
from airflow_provider_k8sexec.exceptions import DeploymentError, RecordError
from airflow_provider_k8sexec.options.shown import show_text
from airflow_provider_k8sexec.past_tries.usage_record import LONGEST_RECORD, USAGE_KEY, Usage, parse_usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_RECORDS = 20_000
"""The most records of one task that are read, those of the latest runs: a task may have been mapped to
thousands of instances."""

_ROWS_HELD = 1000
_REASONS_SHOWN = 3


@frozen
class TaskHistory:
    """What a task used.

    Attributes:
        dag_id: The DAG.
        task_id: The task, with its groups.
        usages: The last try of each run, the oldest run first; for a mapped task, of each of its instances.
        runs: How many runs these are.
        skipped: How many records could not be read, by reason.
    """

    dag_id: str
    task_id: str
    usages: tuple[Usage, ...]
    runs: int
    skipped: Counter[str]


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
            query = _select_records(last, dag_id, task_id)
            rows = session.execute(query, execution_options={"yield_per": _ROWS_HELD})
            for names, of_task in groupby(rows, lambda row: (row.dag_id, row.task_id)):
                yield _make_history(*names, of_task)
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


def _select_records(last: int, dag_id: str | None, task_id: str | None) -> Any:
    from sqlalchemy import func, select  # most processes read no records

    xcom = load_xcom_model()
    of_task = {"partition_by": (xcom.dag_id, xcom.task_id)}
    age = func.dense_rank().over(**of_task, order_by=xcom.dag_run_id.desc())
    number = func.row_number().over(**of_task, order_by=(xcom.dag_run_id.desc(), xcom.map_index))
    columns = (xcom.dag_id, xcom.task_id, xcom.dag_run_id, xcom.map_index, select_record())
    records = select_xcoms(USAGE_KEY, *columns, age.label("age"), number.label("number"))
    if dag_id is not None:
        records = records.where(xcom.dag_id == dag_id)
    if task_id is not None:
        records = records.where(xcom.task_id == task_id)
    found = records.subquery().c
    order = (found.dag_id, found.task_id, found.dag_run_id, found.map_index)
    return select(*found).where(found.age <= last, found.number <= MOST_RECORDS).order_by(*order)


def _make_history(dag_id: str, task_id: str, rows: Iterable[Any]) -> TaskHistory:
    read, skipped = read_records(rows)
    usages = tuple(usage for _, usage in read)
    return TaskHistory(dag_id, task_id, usages, len({row.dag_run_id for row, _ in read}), skipped)
