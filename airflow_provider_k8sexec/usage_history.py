"""What tasks have used over their last runs: their records, read from Airflow's metadata database."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec._compat import load_xcom_model
from airflow_provider_k8sexec.exceptions import DeploymentError
from airflow_provider_k8sexec.usage import USAGE_KEY, Usage, parse_usage

if TYPE_CHECKING:
    from collections.abc import Iterable


@frozen
class TaskHistory:
    """What a task has used.

    Attributes:
        dag_id: The DAG.
        task_id: The task, with its groups.
        usages: The last try of each run, the oldest run first; of a mapped task, of each of its instances.
        runs: How many runs that are.
    """

    dag_id: str
    task_id: str
    usages: tuple[Usage, ...]
    runs: int


def load_histories(last: int, dag_id: str | None = None, task_id: str | None = None) -> list[TaskHistory]:
    """Read the records of tasks, in the order of their names.

    Args:
        last: Of how many runs, for each task.
        dag_id: Only this DAG.
        task_id: Only this task.

    Raises:
        DeploymentError: The metadata database cannot be read.
    """
    from airflow.utils.session import create_session  # noqa: PLC0415  # who has no database needs none
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415  # likewise

    try:
        with create_session() as session:
            rows = session.execute(_select_records(last, dag_id, task_id)).all()
    except (SQLAlchemyError, RuntimeError) as error:
        raise DeploymentError(
            f"The metadata database cannot be read: {error}\n"
            "Ask where Airflow's own commands have it, as in a scheduler's pod: "
            "kubectl exec deploy/<release>-scheduler -- k8sexec usage"
        ) from error
    by_task = groupby(rows, lambda row: (row.dag_id, row.task_id))
    histories = (_make_history(*names, of_task) for names, of_task in by_task)
    return [history for history in histories if history.usages]


def _select_records(last: int, dag_id: str | None, task_id: str | None) -> Any:
    from sqlalchemy import func, select  # noqa: PLC0415  # who has no database needs none

    xcom = load_xcom_model()
    age = func.dense_rank().over(partition_by=(xcom.dag_id, xcom.task_id), order_by=xcom.dag_run_id.desc())
    records = select(
        xcom.dag_id, xcom.task_id, xcom.dag_run_id, xcom.map_index, xcom.value, age.label("age")
    ).where(xcom.key == USAGE_KEY)
    if dag_id is not None:
        records = records.where(xcom.dag_id == dag_id)
    if task_id is not None:
        records = records.where(xcom.task_id == task_id)
    found = records.subquery().c
    order = (found.dag_id, found.task_id, found.dag_run_id, found.map_index)
    return select(*found).where(found.age <= last).order_by(*order)


def _make_history(dag_id: str, task_id: str, rows: Iterable[Any]) -> TaskHistory:
    read = load_xcom_model().deserialize_value
    read_by_run = ((row.dag_run_id, parse_usage(read(row))) for row in rows)
    found = [(run, usage) for run, usage in read_by_run if usage is not None]
    return TaskHistory(dag_id, task_id, tuple(usage for _, usage in found), len({run for run, _ in found}))
