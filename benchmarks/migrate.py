"""What ``k8sexec migrate`` costs for many DAG files, beside Airflow's own load of them.

``BENCH_ROUNDS`` and ``BENCH_FILES`` set how much is run; the figures are medians, taken in turn, and the
budget is a ratio of the same run::

    python -m benchmarks.migrate
"""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import airflow_version
from benchmarks.commands import LOAD, call
from benchmarks.hand_written_dags import write_hand_written
from benchmarks.rounds import make_environment, measure_calls
from benchmarks.table import Budget, at_most, format_budgets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.rounds import Cost

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FILES = int(os.environ.get("BENCH_FILES", "500"))
MOST = 2.0
AIRFLOW, MIGRATE = "Airflow's own load", "k8sexec migrate"
_SUCCESS = frozenset({0})


def main() -> None:
    """Run both in turn, and print the table and the budget."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as home:
        folder = Path(home)
        environ = make_environment(folder / "airflow")
        files = str(write_hand_written(folder, FILES))
        calls = {AIRFLOW: ["-c", LOAD, files], MIGRATE: call("migrate", files)}
        costs = measure_calls(calls, environ, ROUNDS, _SUCCESS)
    print(f"Airflow {airflow_version}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(f"| {FILES} files | CPU, s | wall, s |")
    print("|---|--:|--:|")
    for name, cost in costs.items():
        print(f"| {name} | {cost.cpu:.2f} | {cost.wall:.2f} |")
    print(f"\n{format_budgets(check(costs))}")


def check(costs: Mapping[str, Cost]) -> list[Budget]:
    """Hold what was found against the budget."""
    ratio = costs[MIGRATE].wall / costs[AIRFLOW].wall
    return [at_most(f"migrate of {FILES} files : Airflow's load of them", ratio, MOST)]


if __name__ == "__main__":
    main()
