"""Load every DAG file of a folder with Airflow's own DagBag; fail if one does not import.

Run by `make wheel-test` with the interpreter of a venv that has the wheel and no source tree.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def load(folder: Path) -> None:
    """Exit with a message if a file in `folder` has an import error, or no DAG."""
    import airflow_provider_k8sexec

    try:
        from airflow.dag_processing.dagbag import DagBag  # Airflow >= 3.2
    except ImportError:
        from airflow.models.dagbag import DagBag

    package = Path(airflow_provider_k8sexec.__file__).resolve()
    if not package.is_relative_to(Path(sys.prefix).resolve()):
        sys.exit(f"the package was imported from {package}, which is not the environment {sys.prefix}")

    bag = DagBag(dag_folder=str(folder))
    for file, error in bag.import_errors.items():
        sys.stderr.write(f"{file}:\n{error}\n")
    if bag.import_errors:
        sys.exit(f"{len(bag.import_errors)} DAG files of {folder} do not import")

    loaded = {Path(dag.fileloc).resolve() for dag in bag.dags.values()}
    if missing := sorted(file.name for file in folder.glob("*.py") if file.resolve() not in loaded):
        sys.exit(f"no DAG found in {', '.join(missing)}")
    if not loaded:
        sys.exit(f"no DAG files in {folder}")
    sys.stdout.write(f"{len(bag.dags)} DAGs of {len(loaded)} files loaded from {package.parent}\n")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        # Airflow reads these when it is first imported.
        os.environ.update(AIRFLOW_HOME=home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
        # What is new is not compiled yet, which takes a busy machine longer than Airflow's 30 seconds.
        os.environ["AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT"] = "300"
        os.environ["AIRFLOW__K8SEXEC__PROFILES_FILE"] = f"{sys.argv[1]}/profiles.yaml"
        load(Path(sys.argv[1]))
