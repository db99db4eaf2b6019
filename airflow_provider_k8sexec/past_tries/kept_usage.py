"""What the pod of a try requested and used, kept as a row of Airflow's event log.

A worker stores what it used as an XCom (:mod:`usage_record`), which Airflow removes with the run, and before
the next try. So the scheduler, as it sees the pod end, copies it into a row of the table ``log``, beside what
the pod was launched with. The row's ``extra`` is a JSON object of about 700 characters. It stays as long as
the event log: until ``airflow db clean`` removes it, or a person.

Any process with the database may write such rows, so one is read as untrusted input: plain JSON, with bounds.
"""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, fields, frozen

from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES
from airflow_provider_k8sexec.past_tries.first_allocation import Sample
from airflow_provider_k8sexec.past_tries.usage_record import LONGEST_RECORD, Usage, load_record, read_usage
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Session

USAGE_EVENT = "pod usage"
"""The event of these rows in Airflow's ``log`` table."""

SUCCEEDED = "Succeeded"
"""What ``ended`` is where the pod ended well. Else it is a code of ``diagnosis.codes``, or :data:`FAILED`."""

FAILED = "Failed"
"""What ``ended`` is where the task ended with an error of its own, or the pod was deleted."""

GIBIBYTE_HOURS = 2**30 * 3600
"""Bytes times seconds in one GiB-hour."""

LAST_RUNS = 200
"""How many of a task's latest runs are read."""

MOST_SCANNED = 10_000
"""Rows of the event log, of all events of one task, that are looked at: a launch waits for the query."""

MOST_KEPT = 1000
"""The most rows that are loaded of one task as a pod is launched, the latest ones: a task may be mapped to
thousands of instances, and the launch waits until each row is read."""

LEAST_MEMORY = 128 * 2**20
"""What each try needs at least, in bytes, whatever its record has: Airflow's own processes in a worker need
more than that, and a sandbox may count less."""

_NEAR = 0.95
"""A peak that came to this part of the limit may be page cache that filled it."""

_LONGEST_WORD = 253
"""The most characters of a name or value: Kubernetes has none that is longer."""

_MOST_ENTRIES = 50
_MOST = 2**63


@frozen(kw_only=True)
class KeptUsage:
    """What one pod requested and used.

    Attributes:
        of: The try.
        pod: The pod's name. A try may have several pods, such as a sensor that is rescheduled.
        at: When the row was written; ``None`` in one that has not been.
        ended: ``Succeeded``, the code of the failure, or ``Failed``.
        was_killed: Whether the worker, or a process of it, was killed because the memory limit was reached.
        seconds: How long the worker's container ran.
        requests: What the worker's container requested as launched, by resource, in base units: bytes, cores,
            devices.
        limits: Its limits, likewise.
        node_selector: The labels that the pod's node selector and its required affinity demand of its node.
        team: The team: Airflow's own, else the pod's label for that; empty where there is none.
        queue: The queue of Kueue that admitted the pod; empty where there is none.
        namespace: The pod's namespace.
        suggested: What history suggested as the memory of this try, in bytes, whether applied or only
            logged; ``None`` where its memory does not come from history.
        usage: What the worker measured; ``None`` where it was killed as a whole, or the task has no pod
            options of this package.
    """

    of: PodTry
    pod: str
    at: dt.datetime | None = None
    ended: str = SUCCEEDED
    was_killed: bool = False
    seconds: float = 0.0
    requests: Mapping[str, float] = field(factory=dict)
    limits: Mapping[str, float] = field(factory=dict)
    node_selector: Mapping[str, str] = field(factory=dict)
    team: str = ""
    queue: str = ""
    namespace: str = ""
    suggested: int | None = None
    usage: Usage | None = None

    @property
    def memory_requested(self) -> int | None:
        """The memory that the scheduler of the cluster reserved, in bytes: the request, else the limit."""
        amount = self.requests.get("memory", self.limits.get("memory"))
        return None if amount is None else int(amount)

    @property
    def memory_limit(self) -> int | None:
        """The memory at which the container is killed, in bytes."""
        return int(self.limits["memory"]) if "memory" in self.limits else None

    @property
    def memory_peak(self) -> int | None:
        """The most memory that it had, in bytes; of one that was killed as a whole, its limit."""
        if self.usage is not None:
            return self.usage.memory_peak
        return self.memory_limit if self.was_killed else None

    @property
    def has_succeeded(self) -> bool:
        """Whether the pod ended well; of one that has an XCom alone, that is not known, and assumed."""
        return self.ended in {SUCCEEDED, ""}

    @property
    def reserved(self) -> dict[str, float]:
        """What the cluster reserved for it, by resource: the requests, else the limits."""
        return {**self.limits, **self.requests}

    @property
    def devices(self) -> dict[str, float]:
        """What it requested besides CPU, memory and disk, such as ``nvidia.com/gpu``."""
        return {
            name: amount for name, amount in self.reserved.items() if name not in COMPUTE_RESOURCES.values()
        }


_NOT_IN_EXTRA = {"of", "at"}
"""What other columns of the row hold."""


def add_measured(kept: KeptUsage, usage: Usage | None) -> KeptUsage:
    """Add what the worker measured; a process killed at the limit counts as the worker does.

    No container has more memory than its limit: what an author writes into the XCom adds no more than that to
    the site's metrics.
    """
    if usage is None or usage.try_number != kept.of.try_number:
        return kept
    limit = kept.memory_limit
    if limit and usage.memory_peak > limit:
        usage = evolve(usage, memory_peak=limit)
    return evolve(kept, usage=usage, was_killed=kept.was_killed or usage.oom_kills > 0)


def begin_row(pod: str) -> str:
    """Write what the ``extra`` of the row of a pod begins with, by which the row is found."""
    return json.dumps({"pod": pod})[:-1]


def build_row(kept: KeptUsage) -> str:
    """Write the ``extra`` of a row; what is empty is left out."""
    names = [attribute.name for attribute in fields(KeptUsage) if attribute.name not in _NOT_IN_EXTRA]
    content = {name: getattr(kept, name) for name in names}
    if kept.usage is not None:
        content["usage"] = kept.usage.to_record()
    return json.dumps({name: it for name, it in content.items() if it not in (None, "", {}, False)})


def parse_row(row: Any) -> KeptUsage:
    """Read a row with the columns of :func:`select_columns`.

    Raises:
        RecordError: It is not one that this package wrote.
    """
    record = load_record(row.extra)
    if not isinstance(record, dict):
        raise RecordError("not a JSON object")
    usage = record.get("usage")
    suggested = record.get("suggested")
    return KeptUsage(
        of=_parse_try(row),
        at=row.dttm,
        pod=_word(record, "pod"),
        ended=_word(record, "ended") or FAILED,
        was_killed=record.get("was_killed") is True,
        seconds=_amount(record.get("seconds", 0)),
        requests=_amounts(record.get("requests", {})),
        limits=_amounts(record.get("limits", {})),
        node_selector=_words(record.get("node_selector", {})),
        team=_word(record, "team"),
        queue=_word(record, "queue"),
        namespace=_word(record, "namespace"),
        suggested=None if suggested is None else int(_amount(suggested)),
        usage=None if usage is None else read_usage(usage),
    )


def _parse_try(row: Any) -> PodTry:
    names = (row.dag_id, row.task_id, row.run_id)
    numbers = (row.map_index, row.try_number)
    if not all(isinstance(name, str) for name in names) or not all(isinstance(it, int) for it in numbers):
        raise RecordError("it names no try")
    return PodTry(*names, *numbers)


def _word(record: Mapping[str, Any], name: str) -> str:
    word = record.get(name, "")
    if not isinstance(word, str) or len(word) > _LONGEST_WORD:
        raise RecordError(f"{name} is not a string of at most {_LONGEST_WORD} characters")
    return word


def _amount(value: object) -> float:
    # A bool is an int to isinstance; NaN and the infinities are not within bounds.
    if type(value) not in {int, float} or not 0 <= value <= _MOST:  # type: ignore[operator]
        raise RecordError("an amount is not a number from 0 to 2**63")
    return value  # type: ignore[return-value]  # checked above


def _entries(value: object) -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict) or len(value) > _MOST_ENTRIES:
        raise RecordError(f"not an object of at most {_MOST_ENTRIES} entries")
    return value.items()


def _amounts(value: object) -> dict[str, float]:
    return {name[:_LONGEST_WORD]: _amount(amount) for name, amount in _entries(value)}


def _words(value: object) -> dict[str, str]:
    # What a foreign row names is not shown: the reason is the same for all.
    return {name[:_LONGEST_WORD]: _word({"a label": word}, "a label") for name, word in _entries(value)}


def select_columns(log: Any) -> list[Any]:
    """List the columns that :func:`parse_row` reads.

    Args:
        log: The columns of Airflow's table ``log``.
    """
    from sqlalchemy import Text, func  # only processes with a database

    # One character more than the limit, so that a record that is too long can be recognised.
    extra = func.substr(log.extra, 1, LONGEST_RECORD + 1, type_=Text()).label("extra")
    return [log.id, log.dttm, *(log[name] for name in PodTry.__annotations__), log.event, extra]


def select_kept(identity: Mapping[str, object], most: int = MOST_SCANNED) -> Any:
    """Build the query of the last rows of a task, or of one of its instances, the latest first.

    The inner query walks Airflow's index ``idx_log_task_instance`` from its end and stops after
    :data:`MOST_SCANNED` rows of whatever event. Ordered by the primary key instead, a database could read the
    whole table, backwards, for a task that has few rows. The index is in the order of run ids, in which later
    scheduled runs follow earlier ones. Rows without a run id are left out: the workers of Airflow 2.11 write
    some for each try, and backwards, PostgreSQL has them before all others.

    Args:
        identity: The DAG and the task, by the names of the columns; the run and the map index of an instance.
        most: How many rows are read.
    """
    from airflow.models.log import Log  # only processes with a database
    from sqlalchemy import select

    log = Log.__table__.c
    order = (log.dag_id, log.task_id, log.run_id, log.map_index, log.try_number)
    wanted = [log[name] == value for name, value in identity.items()]
    if "run_id" not in identity:
        wanted.append(log.run_id.is_not(None))
    of_task = select(*select_columns(log)).where(*wanted)
    last = of_task.order_by(*(column.desc() for column in order)).limit(MOST_SCANNED).subquery()
    return select(last).where(last.c.event == USAGE_EVENT).order_by(last.c.id.desc()).limit(most)


def load_kept(
    session: Session | Connection,
    dag_id: str,
    task_id: str,
    last: int = LAST_RUNS,
    most: int = MOST_SCANNED,
) -> list[KeptUsage]:
    """Load what the pods of a task requested and used, the oldest first; one query.

    A row that cannot be read is skipped.

    Args:
        session: A session or connection, which is only read from.
        dag_id: The DAG.
        task_id: The task, with its groups.
        last: How many of the task's latest runs are read.
        most: How many rows are read, the latest ones.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    rows = session.execute(select_kept({"dag_id": dag_id, "task_id": task_id}, most)).all()
    return keep_last(read_rows(reversed(rows))[0], last)


def load_kept_of(session: Session | Connection, of: PodTry) -> list[KeptUsage]:
    """Load what the pods of one task instance requested and used, in all its tries; one query.

    Args:
        session: As above.
        of: A try of the instance.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    return read_rows(session.execute(select_kept(of.instance)))[0]


def samples_of(kept: Iterable[KeptUsage]) -> list[Sample]:
    """Give the tries from which the memory that a task needs is known, the oldest first.

    They are those that succeeded, and those that were killed for their memory. One that failed for another
    reason may have ended before it needed most.
    """
    return [
        Sample(max(need, LEAST_MEMORY), was_killed=it.was_killed)
        for it in kept
        for need in [_find_need(it)]
        if need and (it.was_killed or it.has_succeeded)
    ]


def _find_need(kept: KeptUsage) -> int | None:
    """Give the most memory that a try needed; of a killed one, its limit, which was too little.

    Page cache fills whatever there is, so of a peak at the limit, what was cache at the end was no need.
    """
    limit, usage = kept.memory_limit, kept.usage
    if kept.was_killed:
        return limit or kept.memory_peak
    if usage is None or not limit or usage.memory_peak < _NEAR * limit:
        return usage.memory_peak if usage is not None else None
    return max(usage.memory_resident, usage.memory_peak - usage.memory_cache, 1)


def read_rows(rows: Iterable[Any]) -> tuple[list[KeptUsage], Counter[str]]:
    """Read rows with the columns of :func:`select_columns`.

    Returns:
        Those that can be read, in their order; and how many cannot, by reason: foreign ones, or of a later
        version.
    """
    read: list[KeptUsage] = []
    skipped: Counter[str] = Counter()
    for row in rows:
        try:
            read.append(parse_row(row))
        except RecordError as error:
            skipped[str(error)] += 1
    return read, skipped


def keep_last(kept: Sequence[KeptUsage], last: int) -> list[KeptUsage]:
    """Keep those of the latest runs.

    Args:
        kept: Those of one task, the oldest first.
        last: How many runs.
    """
    latest = set(islice(dict.fromkeys(it.of.run_id for it in reversed(kept)), last))
    return [it for it in kept if it.of.run_id in latest]
