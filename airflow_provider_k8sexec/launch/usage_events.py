"""What each worker pod requested and used, recorded in Airflow's event log as the pod ends.

:mod:`airflow_provider_k8sexec.launch.watch` sees the pod end. What its worker measured is an XCom by then,
for a worker stores it before it exits. Airflow removes that as the next try starts: seconds later, because
that try needs a pod of its own. Where the row is written after that all the same, it has what the pod
requested and no measured usage. A worker that was killed as a whole has stored none in any case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, evolve

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.diagnosis.lookup import Object, find, find_objects, find_text, find_time
from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.launch.record_writer import Record, add_record, insert_event, transaction
from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity
from airflow_provider_k8sexec.options.resource_names import BYTES
from airflow_provider_k8sexec.past_tries.cost import estimate_cost
from airflow_provider_k8sexec.past_tries.kept_usage import (
    FAILED,
    GIBIBYTE_HOURS,
    SUCCEEDED,
    USAGE_EVENT,
    KeptUsage,
    add_measured,
    begin_row,
    build_row,
)
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.past_tries.usage_record import LONGEST_RECORD, USAGE_KEY, parse_usage
from airflow_provider_k8sexec.pod.annotations import HISTORY_ANNOTATION, read_annotation
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.node_labels import find_required_labels
from airflow_provider_k8sexec.site.prices import TEAM_LABEL

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from airflow_provider_k8sexec.past_tries.usage_record import Usage
    from airflow_provider_k8sexec.pod.pod_try import PodTry

OUT_OF_MEMORY = "OOMKilled"
_FAILED_STATES = {"failed", "up_for_retry"}


@define
class UsageRecord(Record):
    """What one pod requested and used.

    Attributes:
        kept: What the pod says; what its worker measured is read as the record is written.
    """

    is_urgent = False

    kept: KeptUsage

    @property
    def key(self) -> tuple[PodTry, str, str]:
        """The try and the pod."""
        return self.of, USAGE_EVENT, self.kept.pod

    def write(self, engine: Engine) -> None:
        """Write the row, with what the worker measured."""
        with transaction(engine, self.of) as connection:
            kept = add_measured(self.kept, _read_measured(connection, self.of))
            if kept.ended == SUCCEEDED and _has_failed(connection, self.of):
                kept = evolve(kept, ended=FAILED)
            row = insert_event(self, USAGE_EVENT, build_row(kept), begin_row(kept.pod))
            is_written = connection.execute(row).rowcount
        if is_written:
            _send_metrics(kept)


def _send_metrics(kept: KeptUsage) -> None:
    tags = {"dag_id": kept.of.dag_id, "task_id": kept.of.task_id, "team": kept.team, "ended": kept.ended}
    send_metric("pods_ended", 1, tags)
    send_metric("pod_seconds", kept.seconds, tags)
    requested, peak = kept.memory_requested, kept.memory_peak
    amounts = {"memory_requested_gib_hours": requested, "memory_used_gib_hours": peak}
    if requested is not None and peak is not None:
        amounts["memory_unused_gib_hours"] = max(requested - peak, 0)
    for name, amount in amounts.items():
        send_metric(name, None if amount is None else amount * kept.seconds / GIBIBYTE_HOURS, tags)
    prices = load_context().readable_prices
    if prices is not None:
        send_metric("cost", estimate_cost(kept, prices), tags)


def _find_team_label() -> str:
    prices = load_context().readable_prices
    return TEAM_LABEL if prices is None else prices.team_label


def record_usage(of: PodTry, pod: Object, ended: str, team: str = "", queued_by: int | None = None) -> None:
    """Record what a worker pod that has ended requested and used, once, and return without waiting.

    Args:
        of: The try that the pod is for.
        pod: The pod as it was last.
        ended: The code of its failure; empty where none is known.
        team: The team whose executor launched it; empty where Airflow has no teams.
        queued_by: The scheduler's job that launched the pod, where it is not the job of this process.
    """
    kept = read_pod(of, pod, ended, team)
    if kept is not None:
        add_record(UsageRecord(of, kept, queued_by=queued_by))


def read_pod(of: PodTry, pod: Object, ended: str, team: str) -> KeptUsage | None:
    """Read what an ended pod requested; ``None`` where its worker's container did not run."""
    worker = find_worker(find(pod, "spec"))
    name = find_text(worker, "name")
    statuses = find_objects(pod, "status", "containerStatuses")
    state = find(next((it for it in statuses if it.get("name") == name), {}), "state", "terminated")
    began, finished = find_time(state, "startedAt"), find_time(state, "finishedAt")
    if began is None or finished is None:
        return None
    labels = find(pod, "metadata", "labels")
    return KeptUsage(
        of=of,
        pod=find_text(pod, "metadata", "name"),
        ended=ended or (SUCCEEDED if find_text(pod, "status", "phase") == SUCCEEDED else FAILED),
        was_killed=find_text(state, "reason") == OUT_OF_MEMORY,
        seconds=max(0.0, (finished - began).total_seconds()),
        requests=_read_amounts(find(worker, "resources", "requests")),
        limits=_read_amounts(find(worker, "resources", "limits")),
        node_selector=find_required_labels(find(pod, "spec")),
        team=team or find_text(labels, _find_team_label()),
        queue=find_text(labels, QUEUE_LABEL),
        namespace=find_text(pod, "metadata", "namespace"),
        suggested=_read_suggested(pod),
    )


def _read_measured(connection: Connection, of: PodTry) -> Usage | None:
    stored = compat.select_xcoms(USAGE_KEY, compat.select_stored_xcom(LONGEST_RECORD + 1))
    query = stored.where(*compat.match_identity(compat.load_xcom_model(), of.instance)).limit(1)
    try:
        return parse_usage(connection.execute(query).scalar())
    except RecordError:  # there is none, or a task has pushed another of that name
        return None


def _has_failed(connection: Connection, of: PodTry) -> bool:
    """Report whether the task of a try failed: Airflow 3's worker ends well even then."""
    from sqlalchemy import select  # the scheduler has loaded it

    identity = asdict(of)  # the number of the try is part of it
    tries = (
        select(model.state).where(*compat.match_identity(model, identity))
        for model in compat.load_try_models()
    )
    return any(state in _FAILED_STATES for query in tries for state in connection.execute(query).scalars())


def _read_suggested(pod: Object) -> int | None:
    """Read what history suggested as the memory of a pod, as its launch has annotated."""
    annotations = find(pod, "metadata", "annotations") or {}
    amount = find(read_annotation(annotations, HISTORY_ANNOTATION), "memory", "suggested")
    return amount if type(amount) is int and 0 <= amount <= LARGEST else None


def _read_amounts(amounts: Any) -> dict[str, float]:
    read: dict[str, float] = {}
    for name, text in amounts.items() if isinstance(amounts, Mapping) else ():
        number = Quantity(str(text)).number
        read[str(name)] = int(number) if name in BYTES else float(number)
    return read
