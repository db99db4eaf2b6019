"""An Airflow home whose database is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from processes import output_of, run_airflow

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file of an empty metadata database, once; tests copy it."""
    home = tmp_path_factory.mktemp("airflow-home")
    output_of(run_airflow("db", "migrate", AIRFLOW_HOME=str(home)))
    return home / "airflow.db"
