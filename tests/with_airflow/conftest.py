"""Airflow homes whose database is there."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from processes import DAGS, output_of, run_airflow

from airflow_provider_k8sexec._compat import AIRFLOW_3

collect_ignore = ["test_pod_spec_page.py"] if AIRFLOW_3 else ["test_typing.py", "test_dag_processor.py"]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the file of an empty metadata database, once; tests copy it."""
    home = tmp_path_factory.mktemp("airflow-home")
    output_of(run_airflow("db", "migrate", AIRFLOW_HOME=str(home)))
    return home / "airflow.db"


@pytest.fixture(scope="module")
def installation(tmp_path_factory, empty_database):
    """Give a way to make an installation of Airflow with one DAG file."""

    def make(file_name):
        home = tmp_path_factory.mktemp("home")
        shutil.copy(empty_database, home / "airflow.db")
        (home / "dags").mkdir()
        file = Path(shutil.copy(DAGS / file_name, home / "dags"))
        environ = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        }
        return SimpleNamespace(home=home, file=file, environ=environ)

    return make
