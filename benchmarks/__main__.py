"""Run every benchmark, and print one table of medians and ratios, and the budgets beside what was found.

``BENCH_ROUNDS``, ``BENCH_TASKS`` and ``BENCH_FILES`` set how much is run; names choose some benchmarks::

    BENCH_ROUNDS=3 BENCH_TASKS="1 1000" python -m benchmarks start_workers import_package
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import AIRFLOW_3, airflow_version
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from benchmarks import budgets
from benchmarks.alternatives import OURS, PROGRAMS, write_dags
from benchmarks.rounds import Environment, compare, make_environment, measure
from benchmarks.table import Row, format_budgets, format_rows, name_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.probes import Figures

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
TASKS = [int(text) for text in os.environ.get("BENCH_TASKS", "1 100 1000").split()]
FILES = int(os.environ.get("BENCH_FILES", "100"))
_FEW_ROUNDS = max(1, ROUNDS // 2)
"""For what repeats itself inside each process."""
_RUNS = 6


def main() -> None:
    """Run the benchmarks, and print the tables."""
    benches = {
        bench.__name__: bench for bench in (start_workers, parse, build_and_serialise, launch, import_package)
    }
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("benchmarks", nargs="*", metavar="benchmark", help=f"one of {', '.join(benches)}")
    chosen = parser.parse_args().benchmarks
    unknown = sorted({*chosen} - benches.keys())
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    print(f"Airflow {airflow_version}, Python {platform.python_version()}, {os.cpu_count()} cores\n")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as home:
        folder = Path(home)
        environ = make_environment(folder / "airflow")
        for name in chosen or benches:
            print(f"{name} ...", file=sys.stderr, flush=True)
            rows += benches[name](folder, environ)
    print(format_rows(rows), end="\n\n")
    if not chosen:  # budgets compare the figures of several benchmarks
        print(format_budgets(budgets.check_rows(rows, TASKS)))


def start_workers(folder: Path, environ: Environment) -> list[Row]:
    """Time the start of a worker up to the user's code; once more without bytecode, as some images come."""
    # The pod mutation hook names to each worker what is to be masked in it.
    worker = {**environ, "AIRFLOW_IS_K8S_EXECUTOR_POD": "True", NAMES_VARIABLE: "{}"}
    bare = {**worker, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPYCACHEPREFIX": str(folder / "no-bytecode")}
    measures = {name: name for name in (budgets.WALL, budgets.CPU, budgets.DAG_FILE, budgets.PEAK, "modules")}
    rows = []
    for tasks in TASKS:
        found = compare("start_worker", _files(folder, tasks), worker, ROUNDS)
        rows += _rows(budgets.WORKER, name_shape(tasks), found, measures)
    found = compare("start_worker", _files(folder, TASKS[0]), bare, 1)
    bare_measures = {name: name for name in (budgets.WALL, budgets.DAG_FILE)}
    return rows + _rows(f"{budgets.WORKER}, no bytecode", name_shape(TASKS[0]), found, bare_measures)


def parse(folder: Path, environ: Environment) -> list[Row]:
    """Let Airflow's own dag-processor parse, with the preload and without."""
    if not AIRFLOW_3:
        print("(b) is left out: the dag-processor of Airflow 2 refuses SQLite.\n")
        return []
    rows = []
    for tasks, files in [*((tasks, 1) for tasks in TASKS), (TASKS[0], FILES)]:
        runs = _RUNS if files == 1 else 2
        for title, preload in ((budgets.PRELOADED, "True"), (budgets.NOT_PRELOADED, "False")):
            found = {}
            for way in PROGRAMS:
                processor = {
                    **environ,
                    "AIRFLOW__K8SEXEC__PRELOAD_KUBERNETES_CLIENT": preload,
                    "AIRFLOW__CORE__DAGS_FOLDER": str(write_dags(folder, way, tasks=tasks, files=files)),
                    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "0",
                    "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
                }
                found[way] = measure("parse_in_children", str(runs), processor)
                if found[way]["parses"] != runs * files:
                    raise SystemExit(f"{way}, {title}: {found[way]['parses']} parses, not {runs * files}")
            measures = {"first": budgets.FIRST, "later": budgets.LATER}
            rows += _rows(title, name_shape(tasks, files), found, measures)
    return rows


def build_and_serialise(folder: Path, environ: Environment) -> list[Row]:
    """Time a DAG's way from the file to its serialised form, in one process."""
    measures = {
        "build": "build, us a task",
        "serialise": "serialise, us a task",
        "both": budgets.BOTH,
        "bytes": "serialised, bytes a task",
    }
    rows = []
    for tasks in TASKS:
        found = compare("build_and_serialise", _files(folder, tasks), environ, _FEW_ROUNDS)
        rows += _rows(budgets.DAG, name_shape(tasks), found, measures)
    return rows


def launch(folder: Path, environ: Environment) -> list[Row]:
    """Time what the scheduler does with a serialised DAG and its pods."""
    measures = {
        "read": "deserialise, us a task",
        "without": budgets.WITHOUT_HOOK,
        "with": budgets.WITH_HOOK,
    }
    found = compare("launch_pods", _files(folder, TASKS[0]), environ, _FEW_ROUNDS)
    return _rows(budgets.SCHEDULER, name_shape(TASKS[0]), found, measures)


def import_package(_: Path, environ: Environment) -> list[Row]:
    """Time the imports on top of Airflow's."""
    found = compare("import_package", {OURS: ""}, environ, 2 * ROUNDS)
    measures = {"package": "airflow_provider_k8sexec, ms", "k8s_task": budgets.K8S_TASK}
    return _rows(budgets.IMPORT, "", found, measures)


def _rows(scenario: str, shape: str, found: Mapping[str, Figures], measures: Mapping[str, str]) -> list[Row]:
    return [
        Row(scenario, shape, title, {way: figures[name] for way, figures in found.items()})
        for name, title in measures.items()
    ]


def _files(folder: Path, tasks: int) -> dict[str, str]:
    return {way: str(write_dags(folder, way, tasks=tasks) / "dag_0.py") for way in PROGRAMS}


if __name__ == "__main__":
    main()
