"""How the earlier tries of a task instance ended, as far as Airflow's database holds that.

Two records show it: the rows of the event log about a problem of a try's pod, which stay; and what the worker
of the last try used, an XCom, which counts the processes that the kernel killed at the memory limit. Any
process may have written either, so both are read as untrusted input, within bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis.codes import CODES, OOM, Stage
from airflow_provider_k8sexec.diagnosis.sentence import split_sentence
from airflow_provider_k8sexec.exceptions import RecordError
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.past_tries.usage_record import (
    LONGEST_RECORD,
    USAGE_KEY,
    Usage,
    parse_usage,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from airflow_provider_k8sexec.pod.pod_try import PodTry

STEP_EVENT = "pod step"
"""The event of the rows of Airflow's ``log`` table that say which step a try has, and why."""

_MOST_ROWS = 1000
"""Rows of the event log that are read, the latest ones: a try has one for each kind of problem."""
_HEAD = 80
"""Characters of a sentence that are read: its code and Kubernetes's own term stand at its start."""
_EVENT, _USAGE, _LAST = "event", "usage", "last"


@frozen
class EarlierEnds:
    """How the earlier tries of a task instance ended.

    Attributes:
        of: The try that is launched.
        last: The number of the instance's last try; 0 where the database has no such instance.
        usage: What the last try that reported used.
        codes: The codes of failures, by the number of the try.
        silent: Tries whose pod has ended with nothing wrong with it.
    """

    of: PodTry
    last: int = 0
    usage: Usage | None = None
    codes: dict[int, set[str]] = field(factory=dict)
    silent: set[int] = field(factory=set)

    @property
    def is_outdated(self) -> bool:
        """Whether a later try exists: the executor can launch a pod for one that is over (cncf 10.23)."""
        return self.last > self.of.try_number

    @property
    def killed_within(self) -> Usage | None:
        """The record of a try in which the kernel killed a process, where no row says how that try ended."""
        usage = self.usage
        if usage is None or not usage.oom_kills or not 1 <= usage.try_number < self.of.try_number:
            return None
        return None if self._ends_of(usage.try_number) else usage

    def add(self, number: int, code: str) -> None:
        """Add that a pod of a try had a problem; a code that this version does not know is ignored."""
        if code in CODES:
            self.codes.setdefault(number, set()).add(code)

    def find_counted(self, after: str) -> list[int]:
        """Find the tries that count: those that ended so.

        The try that is launched is one of them where a pod of it has ended before its task began: Airflow
        launches another pod for the same try. It is not where the launch is out of date.

        Args:
            after: ``oom`` or ``disruption``.
        """
        # The number of the try is an annotation, which an override can set to any number.
        last = self.of.try_number - self.is_outdated
        known = (number for number in self.codes if 1 <= number <= last)
        return sorted(number for number in known if after in self._ends_of(number))

    def is_known(self, number: int, after: str) -> bool:
        """Report whether it is known if a try ended so, or did not.

        The worker's own record counts what was killed at the memory limit. It does not say whether the node
        was taken: a worker whose node is drained ends like one that fails.
        """
        has_reported = after == OOM and self.usage is not None and self.usage.try_number == number
        stages = {CODES[code].stage for code in self.codes.get(number, ())}
        return has_reported or number in self.silent or bool(stages - {Stage.WAITS})

    def _ends_of(self, number: int) -> set[str]:
        return {CODES[code].counts_for for code in self.codes.get(number, ())} - {""}


def read_ends(of: PodTry, session: Session) -> EarlierEnds:
    """Read how the tries before one ended, in one statement.

    Args:
        of: The try that is launched.
        session: A session, which is only read from.
    """
    rows = session.execute(select_ends(of)).all()
    last = max((row.number or 0 for row in rows if row.kind == _LAST), default=0)
    usage = next((_read_usage(row.record) for row in rows if row.kind == _USAGE), None)
    ends = EarlierEnds(of, last, usage)
    for row in rows:
        if row.kind == _EVENT:
            ends.add(row.number, split_sentence(row.sentence or "").code)
    return ends


def select_ends(of: PodTry) -> Any:
    """Build the statement: rows of the event log, the record of the last try, the number of the last try."""
    from airflow.models.log import Log  # only processes with a database
    from sqlalchemy import Integer, Text, cast, func, literal, null, select, union_all

    log, task, xcom = Log.__table__.c, compat.load_try_models()[0], compat.load_xcom_model()
    identity = of.instance
    record = compat.select_stored_xcom(LONGEST_RECORD + 1)
    # Each column has one type in all parts: PostgreSQL does not find a common one for text and bytes.
    no_number, no_text, no_record = cast(null(), Integer), cast(null(), Text), cast(null(), record.type)
    events = (
        select(literal(_EVENT).label("kind"), log.try_number.label("number"))
        .add_columns(func.substr(log.extra, 1, _HEAD).label("sentence"), no_record.label("record"))
        .where(log.event == FAILURE_EVENT, log.try_number.between(1, of.try_number))
        .where(*(log[name] == value for name, value in identity.items()))
        .order_by(log.id.desc())
        .limit(_MOST_ROWS)
        .subquery()
    )
    usage = compat.select_xcoms(USAGE_KEY, literal(_USAGE), no_number, no_text, record)
    last = select(literal(_LAST), task.try_number, no_text, no_record)
    return union_all(
        select(events),
        usage.where(*compat.match_identity(xcom, identity)),
        last.where(*compat.match_last_try(identity)),
    )


def _read_usage(stored: str | bytes | None) -> Usage | None:
    try:
        return parse_usage(stored)
    except RecordError:
        return None
