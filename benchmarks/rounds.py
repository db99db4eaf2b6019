"""Runs alternatives in turn, each in a fresh process, so that a noisy machine is noisy for all of them."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.alternatives import RELEASE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.probes import Figures

Environment = dict[str, str]


def make_environment(home: Path) -> Environment:
    """Give Airflow a home with a database of its own, and Python a place for its bytecode."""
    environ = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__K8SEXEC__RELEASE_NAME": RELEASE,
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),
        "PYTHONWARNINGS": "ignore",
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _run([sys.executable, "-m", "airflow", "db", "migrate"], environ)
    return environ


def compare(
    probe: str, arguments: Mapping[str, str], environ: Environment, rounds: int
) -> dict[str, Figures]:
    """Run a probe for each alternative in turn, and take medians.

    Args:
        probe: The name of the probe.
        arguments: The probe's argument, by alternative.
        environ: The environment of the processes.
        rounds: How often; a first round more, which fills caches, does not count.
    """
    taken: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in arguments}
    for turn in range(rounds + 1):
        for name, argument in arguments.items():
            figures = measure(probe, argument, environ)
            for measure_name, value in figures.items() if turn else ():
                taken[name][measure_name].append(value)
    return {
        name: {measure_name: statistics.median(values) for measure_name, values in of.items()}
        for name, of in taken.items()
    }


def measure(probe: str, argument: str, environ: Environment) -> Figures:
    """Run a probe once, in a process of its own."""
    began = time.perf_counter()
    output = _run([sys.executable, "-m", "benchmarks.probes", probe, argument], environ)
    wall = (time.perf_counter() - began) * 1000
    return {"wall ms": wall, **json.loads(output.splitlines()[-1])}


class Cost(NamedTuple):
    """What a process takes, in seconds."""

    cpu: float
    wall: float


def measure_calls(
    calls: Mapping[str, list[str]], environ: Environment, rounds: int, accepted: frozenset[int] | None = None
) -> dict[str, Cost]:
    """Run Python with some arguments in turn, and take medians.

    A first round, which fills caches, does not count.

    Args:
        calls: The arguments, by the names of the calls.
        environ: The environment of the processes.
        rounds: How often.
        accepted: The statuses with which they may end; any, where none are given.
    """
    taken: dict[str, list[Cost]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, arguments in calls.items():
            before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            command = [sys.executable, *arguments]
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own
            after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
            if accepted is not None and done.returncode not in accepted:
                raise SystemExit(f"{name}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
            if turn:
                cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
                taken[name].append(Cost(cpu, wall))
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in taken.items()}


def _run(command: list[str], environ: Environment) -> str:
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout
