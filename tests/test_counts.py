"""What is done, counted: figures that hold on any machine, where times do not."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
from airflow_lines import DAG, DagSerialization, TaskGroup

import airflow_provider_k8sexec as package
from airflow_provider_k8sexec import k8s_config, k8s_task
from airflow_provider_k8sexec.authoring import checked
from airflow_provider_k8sexec.context import forget_context, load_context
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.pod import task_request
from airflow_provider_k8sexec.policies import task_policy

if TYPE_CHECKING:
    from collections.abc import Callable

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
            own = {"annotations": {"number": str(index)}}  # equal tasks share what is read of them

            @k8s_task(task_id=f"task_{index}", cpu=0.5, secrets=["MY_SECRET"], **{**own, **options})
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

    def count(size: int) -> int:
        load_context().checked_requests.clear()
        return count_calls(lambda: work(size))

    work(30)  # fills what is kept for a process
    ten, twenty, thirty = map(count, (10, 20, 30))
    assert ten < twenty
    return thirty - twenty == twenty - ten


def build_and_serialise(**shape: Any) -> None:
    """Do all that a parse does with a DAG."""
    DagSerialization.to_dict(make_dag(**shape))


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
    """Count manifests that are built and declarations that are checked."""
    counter: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            counter[name] += 1
            return function(*args, **kwargs)

        return call

    build = counting("manifests", task_request.build_requested_pod)
    monkeypatch.setattr(task_request, "build_requested_pod", build)
    monkeypatch.setattr(checked, "check_declaration", counting("checked", checked.check_declaration))
    # What the site declares is built and checked once for a process.
    assert load_context().site_options is not None
    assert load_context().profiles is not None
    assert load_context().rules is not None
    counter.clear()
    return counter


def parse(dag: DAG) -> None:
    """Do with a DAG what Airflow does with one that it has loaded: run the policy, and serialise it."""
    for task in dag.tasks:
        task_policy(task)
    DagSerialization.to_dict(dag)


RULES = "required_labels: [team]\nmax: {memory: 64Gi}\ndefault: {memory: 1Gi}\n"


@pytest.fixture(params=["off", "warn", "error", "fix"])
def policy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Set each policy in turn, with rules, options and a profile of the site."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY", request.param)
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY_RULES", str(tmp_path / "rules.yaml"))
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POD_OPTIONS", '{"labels": {"team": "data"}}')
    monkeypatch.setenv("AIRFLOW__K8SEXEC__PROFILES", "team: {tolerations: ['gpu=true:NoSchedule']}")
    forget_context()
    return str(request.param)


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.SpecWarning")
@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize(
    "options", [{}, {"profile": "team"}, {"pod_override": {"spec": {"hostIPC": False}}}], ids=str
)
def test_a_parse_builds_a_manifest_for_each_task(counted: Counter[str], options: dict[str, Any]) -> None:
    """Check, policy (which fills in defaults), serialisation and the record of layers share it."""
    parse(make_dag(tasks=5, **options))
    assert counted["manifests"] == 5


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.SpecWarning")
@pytest.mark.usefixtures("policy")
def test_a_layer_around_tasks_costs_them_no_manifest(counted: Counter[str]) -> None:
    """``k8s_config`` in ``default_args`` is checked once, and so has one of its own."""
    parse(make_dag(tasks=5, depth=2))
    assert counted["manifests"] == 5 + 2


def test_equal_declarations_share_one_manifest(counted: Counter[str]) -> None:
    """A loop that makes tasks of one declaration pays for one; each task has a pod of its own."""
    dag = make_dag(tasks=5, annotations={"number": "one"})
    parse(dag)
    assert counted == {"manifests": 1, "checked": 1}
    pods = [task.executor_config["pod_override"] for task in dag.tasks]
    pods[0].spec.containers[0].env[0].name = "CHANGED"
    assert [pod.spec.containers[0].env[0].name for pod in pods] == ["CHANGED", *["MY_SECRET"] * 4]


def test_each_declaration_is_checked_once(counted: Counter[str]) -> None:
    """The rules look at each task, and at the ``default_args`` of each group."""
    parse(make_dag(tasks=5, depth=2))
    assert counted["checked"] == 5 + 2


def test_a_worker_builds_and_checks_nothing(counted: Counter[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The pod has already been created."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    forget_context()
    for task in make_dag(tasks=5, depth=2).tasks:
        task_policy(task)
    assert counted == {}


def test_a_worker_reads_no_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the scheduler has named what is to be masked, a declaration is kept as it is given."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.setenv(NAMES_VARIABLE, "{}")
    forget_context()
    dag = make_dag(tasks=5, depth=2, memory="no quantity")
    assert all(task.executor_config for task in dag.tasks)
