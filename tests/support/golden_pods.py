"""The pods of the example DAGs, kept in ``golden/`` to be read and compared.

Run this file to write them anew, on purpose, and read the difference before committing it:

    python tests/support/golden_pods.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

EXAMPLES = Path(__file__).parents[2] / "example_dags"
GOLDEN = Path(__file__).parent / "golden"
RELEASE_VARIABLE = "AIRFLOW__K8SEXEC__RELEASE_NAME"
RELEASE = "infrared-photon-7780"


def render_example(file: Path) -> dict[str, dict[str, Any]]:
    """Render the pods of an example's DAGs by DAG and task, without what differs between Airflows."""
    from airflow_provider_k8sexec._compat import load_dag_bag
    from airflow_provider_k8sexec.render.executor_pod import render_pod

    bag = load_dag_bag(str(file))
    assert bag.import_errors == {}
    return {
        dag_id: {
            task.task_id: without_versions(render_pod(dag_id, task.task_id, task.executor_config))
            for task in dag.tasks
        }
        for dag_id, dag in bag.dags.items()
    }


def without_versions(pod: dict[str, Any]) -> dict[str, Any]:
    """Take out the label of Airflow's version, and the command, which differs between its lines."""
    del pod["metadata"]["labels"]["airflow_version"]
    del pod["spec"]["containers"][0]["args"]
    return pod


def write_golden_pods(folder: Path) -> None:
    """Write a file for each example DAG, and remove those of examples that are gone."""
    for old in folder.glob("*.yaml"):
        old.unlink()
    for example in sorted(EXAMPLES.glob("*.py")):
        for dag_id, pods in render_example(example).items():
            (folder / f"{dag_id}.yaml").write_text(yaml.safe_dump(pods, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        # Airflow reads these when it is first imported.
        os.environ.update(AIRFLOW_HOME=home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
        os.environ[RELEASE_VARIABLE] = RELEASE
        os.environ["AIRFLOW__K8SEXEC__PROFILES_FILE"] = str(EXAMPLES / "profiles.yaml")
        write_golden_pods(GOLDEN)
    sys.stdout.write(f"{len(list(GOLDEN.glob('*.yaml')))} files written to {GOLDEN}\n")
