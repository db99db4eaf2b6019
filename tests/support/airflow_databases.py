"""Databases of Airflow for tests, SQLite and PostgreSQL, with the schema of ``airflow db migrate``."""

from __future__ import annotations

import atexit
import datetime as dt
import itertools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import URL, Engine

HOST = "127.0.0.1"
SCHEDULER = 7
"""The job of the scheduler that has queued the tries."""
_RUNS = itertools.count(1)
HOW_TO_GET_POSTGRES = "no PostgreSQL; `apt-get install postgresql` gives one"
_COPIES = itertools.count(1)
_UNTIL_THE_END = ExitStack()
"""What all tests share, which ends with the process."""
atexit.register(_UNTIL_THE_END.close)
_MEMORY = Path("/dev/shm")  # noqa: S108  # a database of tests need not outlive them
_NOBODY = {"user": "nobody", "group": "nogroup", "extra_groups": []}
"""PostgreSQL refuses to run as root."""


def find_postgres() -> Path | None:
    """Find the newest PostgreSQL's programs, where Debian or PATH has them."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return Path(found).parent if found else next(reversed(debian), None)


@contextmanager
def run_postgres() -> Iterator[str]:
    """Run a server with an empty database, and leave nothing of it behind; give the database's URL."""
    programs = find_postgres()
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=_MEMORY if _MEMORY.is_dir() else None))
    other_user = _NOBODY if os.geteuid() == 0 else {}
    if other_user:
        shutil.chown(folder, other_user["user"], other_user["group"])
    with closing(socket.create_server((HOST, 0))) as server:
        port = server.getsockname()[1]
    environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    options = {
        "env": environ,
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        **other_user,
    }
    data, user = str(folder / "data"), "airflow"
    initdb = [programs / "initdb", "-D", data, "-U", user, "--auth=trust", "--no-sync", "-E", "UTF8"]
    subprocess.run(initdb, check=True, stderr=subprocess.STDOUT, **options)  # noqa: S603  # PostgreSQL's own
    command = [programs / "postgres", "-D", data, "-h", HOST, "-p", str(port), "-k", "", "-F"]
    with (folder.parent / f"{folder.name}.log").open("wb") as log:
        server = subprocess.Popen(command, **{**options, "stdout": log, "stderr": log})  # noqa: S603  # likewise
    try:
        _wait_until_ready(server, port, Path(log.name))
        yield f"postgresql+psycopg2://{user}@{HOST}:{port}/postgres"
    finally:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()
        server.wait()
        shutil.rmtree(folder)
        Path(log.name).unlink()


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"PostgreSQL is not ready:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.1)


def migrate(url: str, home: Path) -> None:
    """Make Airflow's schema in a database.

    Args:
        url: The database.
        home: A directory for Airflow's own files.

    Raises:
        RuntimeError: Airflow cannot.
    """
    command = [str(Path(sys.executable).parent / "airflow"), "db", "migrate"]
    environ = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}
    done = subprocess.run(  # noqa: S603  # Airflow's own command
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"airflow db migrate failed:\n{done.stdout}\n{done.stderr}")


@cache
def sqlite_with_schema() -> Path:
    """Make a SQLite database with Airflow's schema, once for all tests, which copy its file."""
    home = Path(_UNTIL_THE_END.enter_context(tempfile.TemporaryDirectory(prefix="sqlite-")))
    migrate(f"sqlite:///{home}/airflow.db", home)
    return home / "airflow.db"


@cache
def _postgres_with_schema() -> URL:
    """Start a PostgreSQL for all tests, and give its database with Airflow's schema, which they copy."""
    from sqlalchemy.engine import make_url

    url = _UNTIL_THE_END.enter_context(run_postgres())
    home = _UNTIL_THE_END.enter_context(tempfile.TemporaryDirectory(prefix="postgres-home-"))
    migrate(url, Path(home))
    return make_url(url)


def _copy_in_postgres() -> str:
    """Copy the database with Airflow's schema within its server, and give the URL of the copy."""
    import psycopg2

    source, name = _postgres_with_schema(), f"airflow_{next(_COPIES)}"
    with closing(
        psycopg2.connect(host=HOST, port=source.port, user=source.username, dbname="template1")
    ) as server:
        server.autocommit = True  # CREATE DATABASE runs in no transaction
        server.cursor().execute(f"CREATE DATABASE {name} TEMPLATE {source.database}")
    return source.set(database=name).render_as_string(hide_password=False)


@contextmanager
def run_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of a new database with Airflow's schema; the test is skipped where there is no PostgreSQL.

    Args:
        kind: ``sqlite`` or ``postgresql``.
        folder: A directory for the database.
    """
    if kind == "postgresql":
        if find_postgres() is None:
            pytest.skip(HOW_TO_GET_POSTGRES)
        yield _copy_in_postgres()
    else:
        yield f"sqlite:///{shutil.copy(sqlite_with_schema(), folder)}"


class Records:
    """A database of Airflow, and the records in it.

    Attributes:
        engine: Its engine, which is also Airflow's own.
        created: The tries that were created.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.created: list[PodTry] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite."""
        return self.engine.dialect.name == "sqlite"

    def execute(self, statement: Any, **values: Any) -> list[Any]:
        """Execute a statement, and give its rows."""
        from sqlalchemy import text

        statement = text(statement) if isinstance(statement, str) else statement
        with self.engine.begin() as connection:
            result = connection.execute(statement, values)
            return result.fetchall() if result.returns_rows else []

    def create_try(self, number: int = 1, queued_by: int = SCHEDULER, **changed: Any) -> PodTry:
        """Create a run with one task instance, and give its try."""
        from airflow.models.dagrun import DagRun
        from sqlalchemy import insert

        now = dt.datetime.now(dt.timezone.utc)
        of = PodTry(**{**identify(f"run {next(_RUNS)}", number), **changed})
        run = {"dag_id": of.dag_id, "run_id": of.run_id, "run_type": "manual", "state": "running"}
        date = {name: now for name in ("execution_date", "run_after") if name in DagRun.__table__.c}
        self.execute(insert(DagRun.__table__).values(**run, **date))
        self.add_task(of, queued_by)
        self.created.append(of)
        return of

    def add_task(self, of: PodTry, queued_by: int = SCHEDULER) -> None:
        """Create a task instance in a run that there is."""
        from airflow.models.taskinstance import TaskInstance
        from sqlalchemy import insert

        row = {_column_of(name): getattr(of, name) for name in PodTry.__annotations__}
        state = {"state": "queued", "pool": "default_pool", "pool_slots": 1, "queued_by_job_id": queued_by}
        self.execute(insert(TaskInstance.__table__).values(**row, **state))

    def retry(self, of: PodTry, queued_by: int) -> None:
        """Do what a retry does: a try is kept as an earlier one, and the next is queued."""
        from sqlalchemy import insert, select, update

        from airflow_provider_k8sexec._compat import load_try_models

        now, *histories = (model.__table__ for model in load_try_models())
        (row,) = self.execute(select(now).where(now.c.run_id == of.run_id, now.c.try_number == of.try_number))
        values = dict(row._mapping)
        following = {"try_number": of.try_number + 1, "queued_by_job_id": queued_by}
        if "id" in values:  # a string, or an object, by the line of Airflow
            following["id"] = type(values["id"])(str(uuid4()))
        if not histories:
            self.execute(update(now).where(now.c.id == row._mapping["id"]).values(working_set=None))
            self.execute(insert(now).values(**{**values, **following}))
            return
        (history,) = histories
        earlier = {name: value for name, value in values.items() if name in history.c and name != "id"}
        if "task_instance_id" in history.c:
            earlier["task_instance_id"] = values["id"]
        self.execute(insert(history).values(**earlier))
        self.execute(update(now).where(now.c.run_id == of.run_id).values(**following))

    def store_xcom(self, of: PodTry, key: str, value: Any) -> None:
        """Store an XCom of the last try of a task instance."""
        from airflow_provider_k8sexec._compat import replace_xcom

        identity = {name: getattr(of, name) for name in PodTry.__annotations__ if name != "try_number"}
        for statement in replace_xcom(identity, key, value):
            self.execute(statement)

    def read(self, of: PodTry) -> list[str]:
        """Read the sentences of a try."""
        return [sentence for found, sentence in self.read_all() if found == of]

    def read_all(self) -> list[tuple[PodTry, str]]:
        """Read the sentences of all tries, in the order in which they were written."""
        names = list(PodTry.__annotations__)
        statement = f"SELECT {', '.join(names)}, extra FROM log WHERE event = :event ORDER BY id"  # noqa: S608
        rows = self.execute(statement, event=FAILURE_EVENT)
        return [(PodTry(**dict(zip(names, row, strict=False))), row[-1]) for row in rows]

    def refuse_writes(self) -> Any:
        """Make the database refuse every write, as a replica does; give the way back."""
        if self.is_sqlite:
            other = sqlite3.connect(self.engine.url.database, isolation_level=None, check_same_thread=False)
            other.execute("BEGIN EXCLUSIVE")
            return other.close
        self._set_read_only("on")
        return lambda: self._set_read_only("off")

    def _set_read_only(self, switch: str) -> None:
        option, database = "default_transaction_read_only", self.engine.url.database
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET {option} = off")
            connection.exec_driver_sql(f"ALTER DATABASE {database} SET {option} = {switch}")
        self.engine.dispose()


def _column_of(name: str) -> str:
    """Name the column of task instances, which Airflow 3.4 has renamed."""
    from airflow.models.taskinstance import TaskInstance

    return name if name in TaskInstance.__table__.c else "region_index"


def identify(run_id: str, number: int) -> dict[str, Any]:
    """Give the names and numbers of a try."""
    return {"dag_id": "d", "task_id": "group.t", "run_id": run_id, "map_index": -1, "try_number": number}
