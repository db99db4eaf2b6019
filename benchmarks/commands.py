"""What each command of ``k8sexec`` costs: its help, and its work on DAG files, beside Airflow's load of them.

``BENCH_ROUNDS`` and ``BENCH_FILES`` set how much is run; the figures are medians of processor time, taken in
turn, and the budgets are ratios of the same run::

    python -m benchmarks.commands
"""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import airflow_version
from airflow_provider_k8sexec.cli.definition import COMMANDS
from benchmarks.alternatives import OURS, write_dags
from benchmarks.rounds import Environment, make_environment, measure_calls
from benchmarks.table import Budget, at_most, format_budgets

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
FILES = int(os.environ.get("BENCH_FILES", "100"))
MOST_OF_HELP, MOST_OF_LINT = 0.2, 1.3
_COMMAND = "import sys; from airflow_provider_k8sexec.cli import main; sys.exit(main())"
LOAD = """
import sys
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:
    from airflow.models.dagbag import DagBag
assert DagBag(sys.argv[1]).dags
"""
_IMPORT, _AIRFLOW = "import airflow.settings", "Airflow's own load"
_WITHOUT_FILES = {
    command.name for command in COMMANDS if all(each.flags != ("dag_files",) for each in command.arguments)
}
_MORE = {"explain": ["--task", "task_1"], "render": ["-o", "table"], "template": ["--image", "airflow"]}


def main() -> None:
    """Run all commands in turn, and print the table and the budgets."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as home:
        folder = Path(home)
        environ = {**make_environment(folder / "airflow"), "KUBECONFIG": str(folder / "no-cluster")}
        files = write_dags(folder, OURS, tasks=2, files=FILES)
        helps = _cpu({name: call(name, "--help") for name in _names()}, environ)
        work = {name: call(name, *_MORE.get(name, []), *_files(name, files)) for name in _names()}
        own = {_IMPORT: ["-c", _IMPORT], _AIRFLOW: ["-c", LOAD, str(files)]}
        works = _cpu({**own, **work}, environ)
    print(f"Airflow {airflow_version}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    print(f"| command | --help, s of CPU | {FILES} files of 2 tasks, s of CPU | : Airflow's load |")
    print("|---|--:|--:|--:|")
    for name, seconds in works.items():
        of_help = f"{helps[name]:.3f}" if name in helps else ""
        ratio = "" if name in {*_WITHOUT_FILES, _IMPORT} else f"{seconds / works[_AIRFLOW]:.2f}"
        print(f"| `{name}` | {of_help} | {seconds:.2f} | {ratio} |")
    print(f"\n{format_budgets(_check(helps, works))}")


def _names() -> list[str]:
    return [command.name for command in COMMANDS]


def call(*words: str) -> list[str]:
    """Give the arguments of Python that run ``k8sexec`` with some words."""
    return ["-c", _COMMAND, *words]


def _files(name: str, files: Path) -> list[str]:
    return [] if name in _WITHOUT_FILES else [str(files)]


def _cpu(calls: Mapping[str, list[str]], environ: Environment) -> dict[str, float]:
    return {name: cost.cpu for name, cost in measure_calls(calls, environ, ROUNDS).items()}


def _check(helps: Mapping[str, float], works: Mapping[str, float]) -> list[Budget]:
    slowest, ratio = max(helps.values()), works["lint"] / works[_AIRFLOW]
    return [
        at_most("CPU of the slowest --help, s", slowest, MOST_OF_HELP),
        at_most(f"lint of {FILES} files : Airflow's load of them", ratio, MOST_OF_LINT),
    ]


if __name__ == "__main__":
    main()
