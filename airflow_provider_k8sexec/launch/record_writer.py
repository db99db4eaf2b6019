"""The one thread of a process that writes what is known of pods into Airflow's database.

Several kinds of records go through it: why a pod failed or waits, and what it used. No process waits for a
record: the thread writes over connections of its own. Each kind is a subclass of :class:`Record`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import logging
import os
import random
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from attrs import asdict, define, field

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.launch.hourly_log import describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.past_tries.event_rows import match_events
from airflow_provider_k8sexec.past_tries.metrics import send_metric

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.sql import ColumnElement, Insert

    from airflow_provider_k8sexec.pod.pod_try import PodTry

ATTEMPTS = 12
"""How often the writing of a record is tried: with the pauses in between, for about twenty minutes."""
LONGEST_PAUSE = 300
_MOST_WAITING = 10_000
"""Records, urgent and others each, that wait in memory while the database is away; more would let the
scheduler's memory grow."""
_MOST_KNOWN = 20_000
"""Records that are remembered, so that a pod's next change costs no statement."""
_SECONDS_TO_WRITE = 5
"""A statement that waits longer, for a lock of the scheduler's, is given up and tried again."""
SECONDS_AT_EXIT = 2

_log = logging.getLogger(__name__)


@define
class Record(ABC):
    """A record that waits to be written.

    Attributes:
        of: The try.
        queued_by: The scheduler's job that launched the pod, where it is not the job of this process. That
            job must have queued the try, because job ids of two installations are often the same.
        attempts: How often writing has failed.
    """

    is_urgent = True
    """Whether it is written before those that are not: the next try's launch may need it."""

    of: PodTry
    queued_by: int | None = field(default=None, kw_only=True)
    attempts: int = field(default=0, init=False)

    @property
    @abstractmethod
    def key(self) -> Hashable:
        """What distinguishes the record from others, so that it is written once."""

    @abstractmethod
    def write(self, engine: Engine) -> None:
        """Write the record, in a :func:`transaction` or several; it may have been written before."""


def add_record(record: Record) -> None:
    """Queue a record, and return without waiting.

    Every scheduler of the deployment may do this for the same pod; the first one writes. A try that this
    deployment's database does not have is ignored: two installations may share a namespace.
    """
    _writer().add(record)


def list_urgent() -> list[Record]:
    """List the urgent records of this process that are not written yet, without waiting for them."""
    return _writer().list_urgent()


def flush(seconds: float) -> bool:
    """Wait until everything is written, ``seconds`` at most; return whether it is."""
    return _writer().flush(seconds)


class Writer:
    """Writes the records of one process, one after the other, in a thread that starts with the first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._urgent: deque[Record] = deque()
        self._others: deque[Record] = deque()
        self._known: Recent[Hashable] = Recent(_MOST_KNOWN)
        self._thread: threading.Thread | None = None
        self._current: Record | None = None

    def add(self, record: Record) -> None:
        """Queue a record, unless it is known or too many wait."""
        with self._changed:
            if not self._known.add(record.key):
                return
            waiting = self._urgent if record.is_urgent else self._others
            if len(waiting) >= _MOST_WAITING:
                self._known.forget(record.key)
                warn_hourly(_log, "records", "Too many records of pods wait to be written")
                return
            waiting.append(record)
            self._changed.notify_all()
            if self._thread is None:
                self._start()

    def _start(self) -> None:
        """Start the thread; where the process can have no more of them, the next record tries again."""
        # A daemon does not keep the process from ending; flush gives what still waits a moment then. It is
        # registered with multiprocessing: children of that, such as those in which Airflow 2 runs callbacks,
        # end without atexit.
        thread = threading.Thread(target=self._work, name="k8sexec-records", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            warn_hourly(_log, "thread", "Records of pods wait to be written: %s", describe_error(error))
            return
        self._thread = thread
        Finalize(None, self.flush, [SECONDS_AT_EXIT], exitpriority=0)

    def flush(self, seconds: float) -> bool:
        """Wait until everything is written, ``seconds`` at most; return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_waiting and self._current is None, seconds)

    def list_urgent(self) -> list[Record]:
        """List the urgent records that wait, and the record that is being written, of whatever kind."""
        with self._changed:
            return [*([] if self._current is None else [self._current]), *self._urgent]

    @property
    def _is_waiting(self) -> bool:
        return bool(self._urgent or self._others)

    def _work(self) -> None:
        engine: Engine | None = None
        failures = 0
        while True:
            record = self._take()
            try:
                engine = engine or _make_engine()
                record.write(engine)
                failures = 0
            except Exception as error:  # noqa: BLE001  # a record that cannot be written keeps none of the others
                warn_unwritten(error)
                send_metric("records_failed", 1, {})
                if _is_lasting(error):
                    self._forget(record)
                else:
                    failures += 1
                    self._try_again(record)
                    # With jitter, for the schedulers that lost the same database.
                    time.sleep(min(2.0**failures, LONGEST_PAUSE) * random.uniform(0.5, 1))  # noqa: S311  # no cryptography
            # A connection is kept from one record to the next; after a failure it may lead to a former
            # primary, and when nothing waits it would only occupy the database. It is closed before flush
            # ends: a fork in the middle of that leaves the child a lock of SQLite's that nobody frees.
            if (failures or not self._is_waiting) and engine is not None:
                with contextlib.suppress(Exception):  # a broken connection may fail to close
                    engine.dispose()
                engine = None
            send_metric("records_waiting", len(self._urgent) + len(self._others), {})
            self._end()

    def _take(self) -> Record:
        with self._changed:
            self._changed.wait_for(lambda: self._is_waiting)
            self._current = (self._urgent or self._others).popleft()
            return self._current

    def _try_again(self, record: Record) -> None:
        record.attempts += 1
        with self._changed:
            if record.attempts < ATTEMPTS:
                (self._urgent if record.is_urgent else self._others).append(record)
            else:
                self._known.forget(record.key)

    def _forget(self, record: Record) -> None:
        with self._changed:
            self._known.forget(record.key)

    def _end(self) -> None:
        with self._changed:
            self._current = None
            self._changed.notify_all()


_writers: dict[int, Writer] = {}


def _writer() -> Writer:
    """Return the writer of this process.

    A forked process has none of its parent's threads, and may inherit their locks locked: it gets its own.
    """
    return _writers.get(os.getpid()) or _writers.setdefault(os.getpid(), Writer())


def _is_lasting(error: Exception) -> bool:
    """Report whether a record can never be written: a pause for it would keep all others waiting.

    It names what no row can hold, such as NUL or a number that is too large. Whoever can write the
    annotations of a pod could stop the records of all tasks with a few of these.
    """
    from sqlalchemy.exc import DataError  # as in _make_engine

    return isinstance(error, (DataError, ValueError, OverflowError))


def warn_unwritten(error: Exception) -> None:
    """Log, once an hour for each kind of error, that a record could not be written."""
    kind = f"records: {name_kind(error)}"
    message = "What is known of a pod could not be recorded in the event log: %s"
    warn_hourly(_log, kind, message, describe_error(error))


def _make_engine() -> Engine:
    """Make an engine like Airflow's own, with a pool of its own.

    A record then uses no connection that the scheduler waits for, and no lock of the scheduler's pool, which
    a forked child could inherit locked.
    """
    from airflow import settings  # the scheduler has loaded it; other processes need not
    from sqlalchemy.engine import Engine

    shared: Any = settings.engine
    return Engine(shared.pool.recreate(), shared.dialect, shared.url)


@contextlib.contextmanager
def transaction(engine: Engine, of: PodTry) -> Iterator[Connection]:
    """Begin a transaction in which no other scheduler writes a record of the same try."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            _lock(connection, of)
        yield connection


def _lock(connection: Connection, of: PodTry) -> None:
    """Keep other schedulers from writing a record of the same try until this transaction ends.

    In PostgreSQL, two statements that insert "unless the row exists" can both find no row. Other databases
    need no lock: SQLite has one writer, and MySQL locks the rows and gaps that such a statement reads.
    """
    from sqlalchemy import text  # as in _make_engine

    digest = hashlib.sha256(repr(of).encode()).digest()
    connection.execute(text(f"SET LOCAL statement_timeout = '{_SECONDS_TO_WRITE}s'"))
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": int.from_bytes(digest[:8], "big", signed=True)}
    )


def insert_event(record: Record, event: str, extra: str, beginning: str) -> Insert:
    """Build the statement that inserts a row of the event log.

    Nothing is inserted where the log has a row of this try and event whose ``extra`` begins so, or where the
    try is not of this deployment.

    Args:
        record: The record.
        event: The row's ``event``.
        extra: The row's ``extra``.
        beginning: What such a row's ``extra`` begins with.
    """
    from airflow.models.log import Log  # as in _make_engine
    from sqlalchemy import insert, literal, select

    log = Log.__table__
    now = dt.datetime.now(dt.timezone.utc)
    row = {"dttm": now, "event": event, "extra": extra, **asdict(record.of)}
    is_recorded = exists(
        Log, *match_events(log.c, event, record.of), log.c.extra.startswith(beginning, autoescape=True)
    )
    values = select(*(literal(value, log.c[name].type) for name, value in row.items()))
    return insert(log).from_select(list(row), values.where(~is_recorded, is_own(record)))


def is_own(record: Record) -> ColumnElement[bool]:
    """Build the condition that this deployment has the try of a record."""
    from sqlalchemy import or_  # as in _make_engine

    number = record.of.try_number

    def has(model: Any, *conditions: Any) -> ColumnElement[bool]:
        return exists(model, *compat.match_identity(model, record.of.instance), *conditions)

    models = compat.load_try_models()
    if record.queued_by is None:
        return has(models[0], models[0].try_number >= number)
    return or_(
        *(
            has(model, model.try_number == number, model.queued_by_job_id == record.queued_by)
            for model in models
        )
    )


def exists(model: Any, *conditions: Any) -> ColumnElement[bool]:
    """Build the condition that a table has a row for which all conditions hold."""
    from sqlalchemy import select  # as in _make_engine

    return select(model.dag_id).where(*conditions).exists()
