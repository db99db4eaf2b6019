"""The records of usage, as SQLite and PostgreSQL hold them."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from airflow.utils import session as airflow_session
from airflow_databases import run_database
from sqlalchemy import MetaData, Table, create_engine, insert, text
from sqlalchemy.orm import sessionmaker

from airflow_provider_k8sexec._compat import AIRFLOW_3
from airflow_provider_k8sexec.past_tries.usage_history import describe_skipped, load_histories
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = Usage(try_number=1, memory_peak=1, memory_request=2**62).to_record()
RECORDS = [
    json.dumps(GOOD),
    json.dumps({**GOOD, "memory_peak": 10**400}),
    json.dumps({**GOOD, "colour": "é" * 20_000}),
    json.dumps({"__classname__": "airflow.models.connection.Connection", "__version__": 1, "__data__": {}}),
    json.dumps(json.dumps(GOOD)),
    "null",
    json.dumps({**GOOD, "memory_peak": 2}),
]
"""What may be there; the third is longer than what is read of it."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a database with Airflow's schema and the records."""
    with run_database(request.param, tmp_path_factory.mktemp(request.param)) as url:
        filled = fill(create_engine(url))
        yield filled
        filled.dispose()


def fill(engine: Any) -> Any:
    """Write the records as the database's own programs would, without their runs."""
    table = Table("xcom", MetaData(), autoload_with=engine)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        connection.execute(
            text("pragma foreign_keys = off" if is_sqlite else "set session_replication_role = replica")
        )
        for number, record in enumerate(RECORDS):
            row = {
                "dag_id": "dag",
                "task_id": "task",
                "run_id": f"run {number}",
                "key": USAGE_KEY,
                "dag_run_id": number,
                "map_index": -1,
                "timestamp": dt.datetime.now(tz=dt.timezone.utc),
            }
            value = json.loads(record) if AIRFLOW_3 else record.encode()
            connection.execute(insert(table).values(value=value, **row))
    return engine


@pytest.fixture
def database(engine: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let Airflow's sessions be sessions of that database."""
    monkeypatch.setattr(airflow_session.settings, "Session", sessionmaker(bind=engine))
    return engine


def test_records_are_read_and_bad_ones_counted(database: Any) -> None:
    """A good record is read whatever the others are, and each of the others has a reason."""
    assert database
    (history,) = load_histories(last=30)
    assert [usage.memory_peak for usage in history.usages] == [1, 1, 2]
    assert [usage.memory_request for usage in history.usages] == [2**62] * 3
    assert history.runs == 3
    assert describe_skipped(history.skipped) == (
        "4 records were skipped: 1 memory_peak is not an integer from 1 to 2**63, "
        "1 longer than 16384 characters, 1 try_number is missing, others."
    )


def test_only_the_last_runs_are_read(database: Any) -> None:
    """The runs count by their age, on each database."""
    assert database
    (history,) = load_histories(last=1, dag_id="dag", task_id="task")
    assert [usage.memory_peak for usage in history.usages] == [2]
    assert list(load_histories(last=1, dag_id="other")) == []
