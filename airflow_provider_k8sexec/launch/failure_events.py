"""What is wrong with a task's pod, recorded in Airflow's event log.

:mod:`airflow_provider_k8sexec.launch.watch` finds the pods that fail or wait. A pod that the API server
refused never exists; its reason is read from the error that Airflow reports for the task. No process waits
for a record: one thread in each process writes them, over connections of its own.
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
from collections import deque
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

from attrs import asdict, define

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis import diagnose_refusal
from airflow_provider_k8sexec.diagnosis.codes import CODES, Stage
from airflow_provider_k8sexec.launch.hourly_log import describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.past_tries.failures import (
    FAILURE_EVENT,
    FAILURE_KEY,
    build_record,
    match_failures,
)
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.sql import ColumnElement, Delete, Insert

    from airflow_provider_k8sexec.diagnosis import Diagnosis

ATTEMPTS = 12
"""How often the writing of a record is tried: with the pauses in between, for about twenty minutes."""
LONGEST_PAUSE = 300
_MOST_WAITING = 10_000
"""Records that wait in memory while the database is away; more would let the scheduler's memory grow."""
_MOST_KNOWN = 20_000
"""Records that are remembered, so that a pod's next change costs no statement."""
_SECONDS_TO_WRITE = 5
"""A statement that waits longer, for a lock of the scheduler's, is given up and tried again."""
SECONDS_AT_EXIT = 2

_log = logging.getLogger(__name__)


@define
class _Record:
    """A record that waits to be written.

    Attributes:
        of: The try.
        diagnosis: What is wrong with its pod.
        queued_by: The scheduler's job that launched the pod, where it is not the job of this process.
        attempts: How often writing has failed.
    """

    of: PodTry
    diagnosis: Diagnosis
    queued_by: int | None = None
    attempts: int = 0

    @property
    def key(self) -> tuple[PodTry, str]:
        return self.of, self.diagnosis.head


def record_pod(of: PodTry, diagnosis: Diagnosis, queued_by: int | None = None) -> None:
    """Record what is wrong with a worker pod, once for each try and reason, and return without waiting.

    Every scheduler of the deployment may call this for the same pod; the first one writes.

    Args:
        of: The try that the pod is for. A try that this deployment's database does not have is ignored: two
            installations may share a namespace.
        diagnosis: What is wrong with the pod.
        queued_by: The scheduler's job that launched the pod, where it is not the job of this process. That
            job must have queued the try, because job ids of two installations are often the same.
    """
    _writer().add(_Record(of, diagnosis, queued_by))


def record_refusal(task_instance: Any, error: str) -> None:
    """Record why a pod was not created; never waits, and never raises.

    Args:
        task_instance: The task instance that failed.
        error: The error that Airflow reports for it.
    """
    try:
        diagnosis = diagnose_refusal(error)
        if diagnosis is not None:
            of = PodTry(**{name: getattr(task_instance, name) for name in PodTry.__annotations__})
            _writer().add(_Record(of, diagnosis))
    except Exception as failure:  # noqa: BLE001  # a record is no reason to disturb the scheduler
        _warn_unwritten(failure)


class _Writer:
    """Writes the records of one process, one after the other, in a thread that starts with the first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: deque[_Record] = deque()
        self._known: Recent[tuple[PodTry, str]] = Recent(_MOST_KNOWN)
        self._thread: threading.Thread | None = None
        self._is_busy = False

    def add(self, record: _Record) -> None:
        """Queue a record, unless it is known or too many wait."""
        with self._changed:
            if not self._known.add(record.key):
                return
            if len(self._waiting) >= _MOST_WAITING:
                self._known.forget(record.key)
                warn_hourly(_log, "records", "Too many problems of pods wait to be recorded")
                return
            self._waiting.append(record)
            self._changed.notify_all()
            if self._thread is None:
                # A daemon does not keep the process from ending; flush gives what still waits a moment then.
                # It is registered with multiprocessing: children of that, such as those in which Airflow 2
                # runs callbacks, end without atexit.
                self._thread = threading.Thread(target=self._work, name="k8sexec-failures", daemon=True)
                self._thread.start()
                Finalize(None, self.flush, [SECONDS_AT_EXIT], exitpriority=0)

    def flush(self, seconds: float) -> bool:
        """Wait until everything is written, ``seconds`` at most; return whether it is."""
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
            except Exception as error:  # noqa: BLE001  # a record that cannot be written keeps none of the others
                failures += 1
                _warn_unwritten(error)
                self._try_again(record)
                # With jitter, for the schedulers that lost the same database.
                time.sleep(min(2.0**failures, LONGEST_PAUSE) * random.uniform(0.5, 1))  # noqa: S311  # no cryptography
            # A connection is kept from one record to the next; after a failure it may lead to a former
            # primary, and when nothing waits it would only occupy the database. It is closed before flush
            # ends: a fork in the middle of that leaves the child a lock of SQLite's that nobody frees.
            if (failures or not self._waiting) and engine is not None:
                with contextlib.suppress(Exception):  # a broken connection may fail to close
                    engine.dispose()
                engine = None
            self._end()

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
                self._known.forget(record.key)

    def _end(self) -> None:
        with self._changed:
            self._is_busy = False
            self._changed.notify_all()


_writers: dict[int, _Writer] = {}


def _writer() -> _Writer:
    """Return the writer of this process.

    A forked process has none of its parent's threads, and may inherit their locks locked: it gets its own.
    """
    return _writers.get(os.getpid()) or _writers.setdefault(os.getpid(), _Writer())


def flush(seconds: float) -> bool:
    """Wait until everything is written, ``seconds`` at most; return whether it is."""
    return _writer().flush(seconds)


def _warn_unwritten(error: Exception) -> None:
    kind = f"records: {name_kind(error)}"
    message = "A problem of a pod could not be recorded in the event log: %s"
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


def _write(engine: Engine, record: _Record) -> None:
    """Write the row for people, then that for programs; each may have been written before."""
    with _transaction(engine, record) as connection:
        is_written = connection.execute(_insert(record)).rowcount
    if is_written:
        _log.warning("The pod of %s: %s", record.of, record.diagnosis)
    with _transaction(engine, record) as connection:
        delete, insert = _replace_xcom(record)
        connection.execute(delete)
        connection.execute(insert)


@contextlib.contextmanager
def _transaction(engine: Engine, record: _Record) -> Iterator[Connection]:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            _lock(connection, record)
        yield connection


def _lock(connection: Connection, record: _Record) -> None:
    """Keep other schedulers from writing a record of the same try until this transaction ends.

    In PostgreSQL, two statements that insert "unless the row exists" can both find no row. Other databases
    need no lock: SQLite has one writer, and MySQL locks the rows and gaps that such a statement reads.
    """
    from sqlalchemy import text  # as in _make_engine

    digest = hashlib.sha256(repr(record.of).encode()).digest()
    connection.execute(text(f"SET LOCAL statement_timeout = '{_SECONDS_TO_WRITE}s'"))
    connection.execute(
        text("SELECT pg_advisory_xact_lock(:key)"), {"key": int.from_bytes(digest[:8], "big", signed=True)}
    )


def _insert(record: _Record) -> Insert:
    """Insert a row, unless the log has one of this try and reason, or the try is not of this deployment."""
    from airflow.models.log import Log  # as in _make_engine
    from sqlalchemy import insert, literal, select

    log = Log.__table__
    now = dt.datetime.now(dt.timezone.utc)
    row = {"dttm": now, "event": FAILURE_EVENT, "extra": str(record.diagnosis), **asdict(record.of)}
    is_recorded = _exists(
        Log,
        *match_failures(log.c, record.of),
        log.c.extra.startswith(f"{record.diagnosis.head}: ", autoescape=True),
    )
    values = select(*(literal(value, log.c[name].type) for name, value in row.items()))
    return insert(log).from_select(list(row), values.where(~is_recorded, _is_own(record)))


def _replace_xcom(record: _Record) -> tuple[Delete, Insert]:
    """Replace what is known of a try for programs, if the try is the last one and the record is still true.

    Where the task has begun meanwhile, what the pod waited for is no reason why it fails later.
    """
    from sqlalchemy import or_  # as in _make_engine

    identity = asdict(record.of)
    number = identity.pop("try_number")
    task = compat.load_try_models()[0]
    if CODES[record.diagnosis.code].stage is Stage.WAITS:
        fits = task.state.in_(["scheduled", "queued"])
    else:
        fits = or_(task.state.is_(None), task.state != "success")
    is_last = _exists(task, *compat.match_last_try(identity), task.try_number == number, fits)
    value = build_record(record.of, record.diagnosis)
    return compat.replace_xcom(identity, FAILURE_KEY, value, is_last, _is_own(record))


def _is_own(record: _Record) -> ColumnElement[bool]:
    """Build the condition that this deployment has the try."""
    from sqlalchemy import or_  # as in _make_engine

    identity = asdict(record.of)
    number = identity.pop("try_number")

    def has(model: Any, *conditions: Any) -> ColumnElement[bool]:
        return _exists(model, *compat.match_identity(model, identity), *conditions)

    models = compat.load_try_models()
    if record.queued_by is None:
        return has(models[0], models[0].try_number >= number)
    return or_(
        *(
            has(model, model.try_number == number, model.queued_by_job_id == record.queued_by)
            for model in models
        )
    )


def _exists(model: Any, *conditions: Any) -> ColumnElement[bool]:
    from sqlalchemy import select  # as in _make_engine

    return select(model.dag_id).where(*conditions).exists()
