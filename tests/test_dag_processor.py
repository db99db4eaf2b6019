"""Airflow's own dag-processor parses a DAG file (Airflow 3; that of Airflow 2 refuses SQLite)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from processes import output_of, run_airflow

if TYPE_CHECKING:
    from pathlib import Path

CHILD = """
import json, os, sys
ours = ("kubernetes.", "airflow_provider_k8sexec.")
before = [name for name in sys.modules if name.startswith(ours)]

import pendulum
from airflow.sdk import DAG
from airflow_provider_k8sexec import k8s_config, k8s_task

start = pendulum.datetime(2026, 1, 1, tz="UTC")
defaults = {"executor_config": k8s_config(memory="1Gi")}
with DAG("parsed", schedule=None, start_date=start, default_args=defaults) as dag:
    @k8s_task(cpu=1)
    def task(): ...
    task()

dag.get_task("task").executor_config["pod_override"]  # as serialising it does
loaded = [name for name in sys.modules if name.startswith(ours) and name not in before]
with open(os.environ["LOADED"], "w") as file:
    json.dump(loaded, file)
"""


@pytest.fixture
def parse_for_real(empty_database: Path, tmp_path: Path) -> Any:
    """Let Airflow's own dag-processor parse a DAG file once, and tell what its child had to load for it."""
    dags = tmp_path / "dags"
    dags.mkdir()
    (dags / "parsed.py").write_text(CHILD)
    (tmp_path / "airflow.db").write_bytes(empty_database.read_bytes())
    told = tmp_path / "loaded.json"

    def parse(**environ: str) -> list[str]:
        places = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__DAGS_FOLDER": str(dags), "LOADED": str(told)}
        output_of(run_airflow("dag-processor", "--num-runs", "1", **places, **environ))
        loaded: list[str] = json.loads(told.read_text())
        return loaded

    return parse


def test_a_child_of_the_real_dag_processor_loads_nothing_more(parse_for_real: Any) -> None:
    """All that parsing needs of the client and of this package is there when a child begins."""
    assert parse_for_real() == []
    assert "kubernetes.client" in parse_for_real(AIRFLOW__K8SEXEC__PRELOAD_KUBERNETES_CLIENT="False")
