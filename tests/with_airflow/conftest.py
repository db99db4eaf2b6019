"""An Airflow home whose database is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from processes import output_of, run_airflow

from airflow_provider_k8sexec._compat import AIRFLOW_3

if TYPE_CHECKING:
    from pathlib import Path

collect_ignore = [] if AIRFLOW_3 else ["test_typing.py", "test_dag_processor.py"]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file of an empty metadata database, once; tests copy it."""
    home = tmp_path_factory.mktemp("airflow-home")
    output_of(run_airflow("db", "migrate", AIRFLOW_HOME=str(home)))
    return home / "airflow.db"
