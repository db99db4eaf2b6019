"""What is measured: each probe runs in a process of its own, and prints its figures as JSON."""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import sys
import time
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from airflow import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

Figures = dict[str, float]

# Nothing of this package is imported here: a plain DAG doesn't, either.
AIRFLOW_3 = int(__version__.partition(".")[0]) >= 3
_SERIALISED_TASKS = 300
"""The least number of tasks that a figure of one task is taken from."""
_POD_TURNS, _PODS_A_TURN = 100, 10


def start_worker(file: str) -> Figures:
    """Do what a worker does before user code runs: import what runs the task, load the DAG file."""
    import_module(
        "airflow.sdk.execution_time.task_runner" if AIRFLOW_3 else "airflow.cli.commands.task_command"
    )
    _dag_bag()
    gc.disable()  # a full pass takes longer than a plain DAG file, and falls on one or another by chance
    began = time.process_time()
    _load(file)
    loaded = time.process_time()
    gc.enable()
    return {
        "DAG file ms": (loaded - began) * 1000,
        "CPU ms": time.process_time() * 1000,
        "peak MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "modules": len(sys.modules),
    }


def build_and_serialise(file: str) -> Figures:
    """Build a DAG and serialise it, over and over, with everything imported that both need."""
    import_module("kubernetes.client")
    serialiser = _serialiser()
    serialised = serialiser.to_dict(_load(file))
    tasks = len(serialised["dag"]["tasks"])
    built, written = [], []
    for _ in range(-(-_SERIALISED_TASKS // tasks)):
        began = time.process_time()
        dag = _load(file)
        done = time.process_time()
        serialiser.to_dict(dag)
        built.append((done - began) * 1e6 / tasks)
        written.append((time.process_time() - done) * 1e6 / tasks)
    return {
        "build": statistics.mean(built),
        "serialise": statistics.mean(written),
        "both": statistics.mean(built) + statistics.mean(written),
        "bytes": len(json.dumps(serialised)) / tasks,
    }


def launch_pods(file: str) -> Figures:
    """Do what the scheduler does: read a serialised DAG, merge a pod, with our hook and without by turns."""
    from airflow import settings
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

    from airflow_provider_k8sexec import policies

    serialiser = _serialiser()
    serialised = serialiser.to_dict(_load(file))
    task = serialiser.from_dict(serialised).tasks[0]
    began = time.process_time()
    for _ in range(_SERIALISED_TASKS):
        serialiser.from_dict(serialised)
    read = (time.process_time() - began) * 1e6 / _SERIALISED_TASKS / len(serialised["dag"]["tasks"])
    template = PodGenerator.deserialize_model_dict(
        {"spec": {"containers": [{"name": "base", "image": "airflow"}]}}
    )
    hooks = settings.get_policy_plugin_manager()
    took: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(_POD_TURNS):
        took["with"].append(_time_pods(PodGenerator, task, template))
        hooks.unregister(policies)
        took["without"].append(_time_pods(PodGenerator, task, template))
        hooks.register(policies)
    return {"read": read, **{name: statistics.median(times) for name, times in took.items()}}


def _time_pods(generator: Any, task: Any, template: Any) -> float:
    began = time.process_time()
    for _ in range(_PODS_A_TURN):
        generator.construct_pod(
            dag_id=task.dag_id,
            task_id=task.task_id,
            pod_id="pod",
            try_number=1,
            kube_image="airflow",
            date=None,
            args=["run"],
            pod_override_object=generator.from_obj(task.executor_config),
            base_worker_pod=template,
            namespace="default",
            scheduler_job_id="0",
            run_id="run",
            with_mutation_hook=True,
        )
    return (time.process_time() - began) * 1e6 / _PODS_A_TURN


def import_package(_: str) -> Figures:
    """Import the package on top of what every DAG file has loaded, and then its decorator."""
    _dag_bag()
    decorator = import_module("airflow.sdk" if AIRFLOW_3 else "airflow.decorators").task
    _ = decorator.__call__
    for name in [name for name in sys.modules if name.startswith("airflow_provider_k8sexec")]:
        del sys.modules[name]  # Airflow's plugins and policies have loaded some of it
    began = time.process_time()
    package = import_module("airflow_provider_k8sexec")
    imported = time.process_time()
    _ = package.k8s_task
    return {
        "package": (imported - began) * 1000,
        "k8s_task": (time.process_time() - began) * 1000,
    }


def parse_in_children(runs: str) -> Figures:
    """Run Airflow's own dag-processor until each file has been parsed some times, one child after another.

    What counts is the processor time of each child, which is known when it has ended and the next one begins.
    The manager's own clock has up to a second in it that it waits before its next round.
    """
    used: list[float] = []

    def note_children() -> None:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append((children.ru_utime + children.ru_stime) * 1000)

    sys.argv = ["airflow", "dag-processor", "--num-runs", runs]
    os.register_at_fork(after_in_parent=note_children)
    import_module("airflow.__main__").main()
    note_children()
    parses = [after - before for before, after in pairwise(used)]
    first = parses[: len(parses) // int(runs)]
    later = parses[len(first) :]
    return {"parses": len(parses), "first": statistics.mean(first), "later": statistics.median(later)}


def _dag_bag() -> Any:
    try:
        return import_module("airflow.dag_processing.dagbag").DagBag  # from 3.2 on
    except ImportError:
        return import_module("airflow.models.dagbag").DagBag


def _load(file: str) -> Any:
    bag = _dag_bag()(dag_folder=file, collect_dags=False)
    bag.process_file(file, only_if_updated=False, safe_mode=False)
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    return next(iter(bag.dags.values()))


def _serialiser() -> Any:
    module = import_module("airflow.serialization.serialized_objects")
    return getattr(module, "DagSerialization", module.SerializedDAG)  # from Airflow 3.2 on


PROBES: dict[str, Callable[[str], Figures]] = {
    probe.__name__: probe
    for probe in (start_worker, build_and_serialise, launch_pods, import_package, parse_in_children)
}

if __name__ == "__main__":
    print(json.dumps(PROBES[sys.argv[1]](sys.argv[2])))
