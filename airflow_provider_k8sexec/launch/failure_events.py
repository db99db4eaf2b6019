"""What is wrong with a task's pod, written into Airflow's event log.

A failed or waiting pod is found by :mod:`airflow_provider_k8sexec.launch.watch`; a pod that the API server
would not take never is, and what Airflow says of its task is read instead. Nobody waits for a record: one
thread of each process writes them, with connections of its own.
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
from collections import OrderedDict, deque
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from attrs import asdict, define

from airflow_provider_k8sexec.diagnosis import diagnose_refusal
from airflow_provider_k8sexec.launch.hourly_log import describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.sql import ColumnElement, Insert

    from airflow_provider_k8sexec.diagnosis import Diagnosis

FAILURE_EVENT = "pod problem"
"""The event of such rows in Airflow's ``log`` table; ``extra`` is the sentence that people read."""

ATTEMPTS = 12
"""How often a record is tried: with the pauses between, some twenty minutes where nothing can be written."""
LONGEST_PAUSE = 300
_MOST_WAITING = 10_000
_MOST_KNOWN = 20_000
_SECONDS_TO_WRITE = 5
_SECONDS_AT_EXIT = 2

_log = logging.getLogger(__name__)


@define
class _Record:
    """What is to be written.

    Attributes:
        of: The try.
        diagnosis: What is wrong with its pod.
        queued_by: The scheduler's job that launched the pod, where that is another one than this process's.
        attempts: How often it was tried.
    """

    of: PodTry
    diagnosis: Diagnosis
    queued_by: int | None = None
    attempts: int = 0

    @property
    def key(self) -> tuple[PodTry, str]:
        return self.of, self.diagnosis.reason


def record_pod(of: PodTry, diagnosis: Diagnosis, queued_by: int | None = None) -> None:
    """Write down what is wrong with a worker pod, in a while: once a try and reason, by whichever scheduler.

    Args:
        of: The try that the pod is for. One that this deployment's database does not have is left alone: two
            installations may share a namespace.
        diagnosis: What is wrong with the pod.
        queued_by: The scheduler's job that launched the pod, where it is not this process's: that job must
            have queued the try. Job numbers of two installations are often the same.
    """
    _writer().add(_Record(of, diagnosis, queued_by))


def record_refusal(task_instance: Any, error: str) -> None:
    """Write down why a pod was not created, in a while; neither wait nor raise.

    Args:
        task_instance: The task instance that failed.
        error: What Airflow says of it.
    """
    try:
        diagnosis = diagnose_refusal(error)
        if diagnosis is not None:
            of = PodTry(**{name: getattr(task_instance, name) for name in PodTry.__annotations__})
            _writer().add(_Record(of, diagnosis))
    except Exception as failure:  # noqa: BLE001  # the scheduler goes on
        _warn_unwritten(failure)


class _Writer:
    """Writes the records of one process, one after the other, in a thread that begins with the first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Record] = deque()
        self._known: OrderedDict[tuple[PodTry, str], None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._is_busy = False

    def add(self, record: _Record) -> None:
        """Take a record, unless it is known or there are too many."""
        with self._changed:
            if record.key in self._known:
                self._known.move_to_end(record.key)
                return
            if len(self._waiting) >= _MOST_WAITING:
                warn_hourly(_log, "records", "More pods have problems than can be written down")
                return
            self._known[record.key] = None
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
            self._waiting.append(record)
            self._changed.notify_all()
            if self._thread is None:
                # A daemon, so that the process may end; as it ends, what waits gets a moment. (Children of
                # multiprocessing, such as Airflow 2's that run callbacks, end without atexit.)
                self._thread = threading.Thread(target=self._work, name="k8sexec-failures", daemon=True)
                self._thread.start()
                Finalize(None, self.flush, exitpriority=0)

    def flush(self, seconds: float = _SECONDS_AT_EXIT) -> bool:
        """Wait until everything is written, for some seconds; tell whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_busy, seconds)

    def _work(self) -> None:
        engine: Engine | None = None
        failures = 0
        while True:
            record = self._take()
            try:
                engine = engine or _make_engine()
                _write(engine, record)
                failures = 0
            except Exception as error:  # noqa: BLE001  # each record stands alone
                failures += 1
                _warn_unwritten(error)
                self._try_again(record)
                time.sleep(min(2.0**failures, LONGEST_PAUSE) * random.uniform(0.5, 1))  # noqa: S311  # no secret
            # A connection is kept from one record to the next, but none that may lead to a former primary.
            if (self._is_done() or failures) and engine is not None:
                with contextlib.suppress(Exception):  # of a connection that is broken
                    engine.dispose()
                engine = None

    def _take(self) -> _Record:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting)
            self._is_busy = True
            return self._waiting.popleft()

    def _try_again(self, record: _Record) -> None:
        record.attempts += 1
        with self._changed:
            if record.attempts < ATTEMPTS:
                self._waiting.append(record)
            else:
                self._known.pop(record.key, None)

    def _is_done(self) -> bool:
        with self._changed:
            self._is_busy = False
            self._changed.notify_all()
            return not self._waiting


_writers: dict[int, _Writer] = {}


def _writer() -> _Writer:
    """Give the writer of this process; a forked one has none of the threads, and its locks may be locked."""
    return _writers.get(os.getpid()) or _writers.setdefault(os.getpid(), _Writer())


def flush(seconds: float) -> bool:
    """Wait until everything is written, for some seconds; tell whether it is."""
    return _writer().flush(seconds)


def _warn_unwritten(error: Exception) -> None:
    kind = f"records: {name_kind(error)}"
    warn_hourly(_log, kind, "What is wrong with a pod could not be written down: %s", describe_error(error))


def _make_engine() -> Engine:
    """Make an engine like Airflow's own, with a pool of its own.

    So a record takes no connection that the scheduler waits for, and no lock of the scheduler's pool, which a
    forked child would find locked.
    """
    from airflow import settings  # the scheduler has it, others need not
    from sqlalchemy.engine import Engine

    shared: Any = settings.engine
    return Engine(shared.pool.recreate(), shared.dialect, shared.url)


def _write(engine: Engine, record: _Record) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            _lock(connection, record)
        is_written = connection.execute(_insert(record)).rowcount
    if is_written:
        _log.warning("The pod of %s: %s", record.of, record.diagnosis)


def _lock(connection: Connection, record: _Record) -> None:
    """Let no other scheduler write a record of the same try, until this transaction ends.

    Elsewhere the statement that writes looks and writes in one: SQLite has one writer, and MySQL locks what
    it has looked at.
    """
    from sqlalchemy import text  # Airflow has it

    digest = hashlib.sha256(repr(record.of).encode()).digest()
    connection.execute(text(f"SET LOCAL statement_timeout = '{_SECONDS_TO_WRITE}s'"))
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": int.from_bytes(digest[:8], "big", signed=True)}
    )


def _insert(record: _Record) -> Insert:
    """Insert a row, unless the log has one of this try and reason, or the try is not of this deployment."""
    from airflow.models.log import Log  # the scheduler has it, others need not
    from sqlalchemy import insert, literal, select

    log, identity = Log.__table__, asdict(record.of)
    now = dt.datetime.now(dt.timezone.utc)
    row = {"dttm": now, "event": FAILURE_EVENT, "extra": str(record.diagnosis), **identity}
    is_told = _exists(
        log,
        *(log.c[name] == value for name, value in identity.items()),
        log.c.event == FAILURE_EVENT,
        log.c.extra.startswith(f"{record.diagnosis.reason}: ", autoescape=True),
    )
    values = select(*(literal(value, log.c[name].type) for name, value in row.items()))
    return insert(log).from_select(list(row), values.where(~is_told, _is_own(record)))


def _is_own(record: _Record) -> ColumnElement[bool]:
    """Tell in SQL whether this deployment has the try."""
    from airflow.models.taskinstance import TaskInstance  # the scheduler has it
    from airflow.models.taskinstancehistory import TaskInstanceHistory
    from sqlalchemy import or_

    identity = asdict(record.of)
    number = identity.pop("try_number")

    def has(model: Any, *conditions: Any) -> ColumnElement[bool]:
        table = model.__table__
        return _exists(table, *(table.c[name] == value for name, value in identity.items()), *conditions)

    if record.queued_by is None:
        return has(TaskInstance, TaskInstance.try_number >= number)
    return or_(
        *(
            has(model, model.try_number == number, model.queued_by_job_id == record.queued_by)
            for model in (TaskInstance, TaskInstanceHistory)
        )
    )


def _exists(table: Any, *conditions: Any) -> ColumnElement[bool]:
    from sqlalchemy import select  # Airflow has it

    return select(table.c.dag_id).where(*conditions).exists()
