"""What is done, counted: figures that hold on any machine, where times do not."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
import pytest

import airflow_provider_k8sexec as package
from airflow_provider_k8sexec import k8s_config, k8s_task
from airflow_provider_k8sexec._compat import AIRFLOW_3
from airflow_provider_k8sexec.authoring import attach

if TYPE_CHECKING:
    from collections.abc import Callable

if AIRFLOW_3:
    from airflow.sdk import DAG, TaskGroup
    from airflow.serialization.serialized_objects import DagSerialization as Serialiser
else:
    from airflow import DAG
    from airflow.serialization.serialized_objects import SerializedDAG as Serialiser
    from airflow.utils.task_group import TaskGroup

PACKAGE = str(Path(package.__file__).parent)
START = pendulum.datetime(2026, 1, 1, tz="UTC")


def make_dag(tasks: int = 1, depth: int = 0, **options: Any) -> DAG:
    """Make a DAG of some tasks, in groups of which each has ``default_args`` and is inside the one before."""
    with ExitStack() as inside:
        dag = inside.enter_context(DAG("counted", schedule=None, start_date=START))
        for level in range(depth):
            defaults = {"executor_config": k8s_config(labels={"level": str(level)})}
            inside.enter_context(TaskGroup(f"group_{level}", prefix_group_id=False, default_args=defaults))
        for index in range(tasks):

            @k8s_task(task_id=f"task_{index}", cpu=0.5, secrets=["MY_SECRET"], **options)
            def run(): ...

            run()
    return dag


def count_calls(work: Callable[[], Any]) -> int:
    """Count the calls of this package's functions."""
    calls = 0

    def note(frame: Any, event: str, _: Any) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(PACKAGE)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def is_linear(work: Callable[[int], Any]) -> bool:
    """Tell whether ten more always cost the same."""
    work(30)  # fills what is kept for a process
    ten, twenty, thirty = (count_calls(lambda size=size: work(size)) for size in (10, 20, 30))
    assert ten < twenty
    return thirty - twenty == twenty - ten


def build_and_serialise(**shape: Any) -> None:
    """Do all that a parse does with a DAG."""
    Serialiser.to_dict(make_dag(**shape))


SHAPES = {
    "tasks": lambda size: build_and_serialise(tasks=size),
    "layers": lambda size: build_and_serialise(depth=size),
    "labels": lambda size: build_and_serialise(labels={f"label-{index}": "x" for index in range(size)}),
    "variables": lambda size: build_and_serialise(env_vars={f"NAME_{index}": "x" for index in range(size)}),
    "volumes": lambda size: build_and_serialise(volumes={f"/v/{i}": package.EmptyDir() for i in range(size)}),
    "tolerations": lambda size: build_and_serialise(tolerations=[f"k{index}=v" for index in range(size)]),
    "sidecars": lambda size: build_and_serialise(
        sidecars=[{"name": f"c{index}", "image": "busybox"} for index in range(size)]
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_is_quadratic(shape: str) -> None:
    """Each further task, layer or item of an option costs as many calls as the one before."""
    assert is_linear(SHAPES[shape])


def test_a_quadratic_would_be_found() -> None:
    """Tasks that look at all tasks before them are not linear: the test above can fail."""
    assert not is_linear(lambda size: [make_dag(tasks=number) for number in range(size)])


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count manifests that are built and declarations that are judged."""
    counter: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            counter[name] += 1
            return function(*args, **kwargs)

        return call

    from airflow_provider_k8sexec import rules

    monkeypatch.setattr(attach, "build_manifest", counting("manifests", attach.build_manifest))
    monkeypatch.setattr(rules, "check_declaration", counting("judged", rules.check_declaration))
    return counter


def test_a_parse_builds_one_manifest_for_each_task(counted: Counter[str]) -> None:
    """Building the DAG builds none, serialising it one for each task."""
    dag = make_dag(tasks=5)
    assert counted["manifests"] == 0
    Serialiser.to_dict(dag)
    assert counted["manifests"] == 5


def test_a_layer_around_a_task_costs_it_one_more_manifest(counted: Counter[str]) -> None:
    """Who set what is told by the pods with and without the layer; ``default_args`` alone need no pod."""
    Serialiser.to_dict(make_dag(tasks=5, depth=2))
    assert counted["manifests"] == 5 * 3


def test_each_declaration_is_judged_once(counted: Counter[str]) -> None:
    """The rules look at each task, and at the ``default_args`` of each group."""
    Serialiser.to_dict(make_dag(tasks=5, depth=2))
    assert counted["judged"] == 5 + 2


def test_a_worker_builds_and_judges_nothing(counted: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker pod is there already."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    make_dag(tasks=5, depth=2)
    assert counted == {}
