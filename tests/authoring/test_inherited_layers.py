"""Layers of ``k8s_config`` around tasks of any operator, in a DagBag of real Airflow: they add up."""

from __future__ import annotations

import json
import pickle
import re
import textwrap
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import deserialize, launched_pod, pod_of, serialize
from processes import output_of, run_python

from airflow_provider_k8sexec import SpecWarning
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.policies import dag_policy, task_policy
from airflow_provider_k8sexec.site_policy.dag_source import check_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = """
import pendulum
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import EmptyDir, Secret, k8s_config, k8s_operator, k8s_task
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG, TaskGroup, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    from airflow.utils.task_group import TaskGroup

def load(x=0):
    return x

def make_dbt_group(group_id, operator_args, **arguments):  # as Cosmos does
    with TaskGroup(group_id, **arguments) as group:
        BashOperator(task_id="it", bash_command="dbt run", **operator_args)
    return group

worker = k8s.V1Container(name="base", image="a:1")
by_hand = {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[worker]))}
of_dag = k8s_config(cpu=0.5, memory="1Gi", env_vars={"DAG": "1"}, tolerations=["spot:NoSchedule"])
of_group = k8s_config(memory="3Gi", env_vars={"GROUP": "1"}, labels={"team": "data"})
own = k8s_config(memory="2Gi", env_vars={"OWN": "1"})
arguments = {"executor_config": own}

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None,
         default_args={"executor_config": of_dag}):
"""
MAKERS = {
    "an operator": 'BashOperator(task_id="it", bash_command="true", **arguments)',
    "@task": 'task(task_id="it", **arguments)(load)()',
    "a mapped operator": 'BashOperator.partial(task_id="it", **arguments).expand(bash_command=["a", "b"])',
    "a mapped @task": 'task(task_id="it", **arguments)(load).expand(x=[1, 2])',
    "operator_args": 'make_dbt_group("dbt", arguments)',
    "this package's operator": 'k8s_operator(BashOperator)(task_id="it", bash_command="true", **arguments)',
    "this package's @task": 'k8s_task(task_id="it", **arguments)(load)()',
}
SHORT = 'BashOperator(bash_command="true", task_id='
IN_GROUP = 'with TaskGroup("group", default_args={"executor_config": of_group}):\n    '


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Any]:
    """Load a DAG of these lines, as Airflow does."""

    def load_lines(*lines: str) -> Any:
        (tmp_path / "etl.py").write_text(HEAD + textwrap.indent("\n".join(lines), "    "), encoding="utf-8")
        return load_dag_bag(str(tmp_path / "etl.py"))

    return load_lines


def task_of(bag: Any) -> Any:
    """Give the one task of the one DAG."""
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    (task,) = dag.tasks
    return task


def describe(config: Any) -> tuple[dict[str, str], list[str]]:
    """Give the requests and the variables of the worker."""
    container = pod_of(config)["spec"]["containers"][0]
    return container["resources"]["requests"], [item["name"] for item in container["env"]]


@pytest.mark.parametrize("policy", ["off", "warn", "error", "fix"])
@pytest.mark.parametrize("maker", MAKERS)
def test_the_dags_layer_adds_up_with_the_tasks(
    maker: str, policy: str, load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """Airflow takes the task's ``executor_config`` alone; the pod has what both request."""
    configure(policy=policy)
    config = task_of(load(MAKERS[maker])).executor_config
    assert describe(config) == ({"cpu": "0.5", "memory": "2Gi"}, ["DAG", "OWN"])
    assert config["k8sexec"]["layers"] == {
        "spec.tolerations[0]": "default_args of the DAG",
        "spec.containers[base].env[DAG]": "default_args of the DAG",
        "spec.containers[base].resources.limits.cpu": "default_args of the DAG",
        "spec.containers[base].resources.requests.cpu": "default_args of the DAG",
    }


@pytest.mark.parametrize("maker", MAKERS)
def test_layers_of_task_groups_lie_between(maker: str, load: Callable[..., Any]) -> None:
    """Outer to inner: the DAG, the task group, the task, also in the serialised DAG and as launched."""
    task = task_of(load(IN_GROUP + MAKERS[maker]))
    read = deserialize(serialize(task.dag)).get_task(task.task_id)
    for config in (task.executor_config, read.executor_config):
        assert describe(config) == ({"cpu": "0.5", "memory": "2Gi"}, ["DAG", "GROUP", "OWN"])
        assert config["k8sexec"]["layers"]["metadata.labels.team"] == "default_args of the task group 'group'"
    launched = launched_pod(read.executor_config)
    assert launched["spec"]["containers"][0]["resources"]["requests"] == {"cpu": "0.5", "memory": "2Gi"}


@pytest.mark.parametrize("maker", MAKERS)
def test_a_task_without_a_config_of_its_own_has_the_layers(maker: str, load: Callable[..., Any]) -> None:
    """Airflow hands it the task group's ``executor_config``; the DAG's adds up with that."""
    task = task_of(
        load(IN_GROUP + MAKERS[maker].replace("**arguments", "retries=1").replace("arguments", "{}"))
    )
    assert describe(task.executor_config) == ({"cpu": "0.5", "memory": "3Gi"}, ["DAG", "GROUP"])


def test_each_task_has_a_pod_of_its_own(load: Callable[..., Any]) -> None:
    """Tasks that inherit one config, or share one, share no object that a hook could change."""
    bag = load(*(MAKERS["an operator"].replace('"it"', f'"t{number}"') for number in range(3)))
    (dag,) = bag.dags.values()
    pods = [task.executor_config["pod_override"] for task in dag.tasks]
    pods[0].spec.containers[0].env[0].name = "CHANGED"
    assert [pod.spec.containers[0].env[0].name for pod in pods] == ["CHANGED", "DAG", "DAG"]
    assert describe(dag.default_args["executor_config"])[1] == ["DAG"]


@pytest.mark.parametrize("policy", ["off", "fix"])
@pytest.mark.parametrize("maker", MAKERS)
def test_layers_are_added_once(
    maker: str, policy: str, load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """A process that loads a DAG twice, or fills in defaults, changes nothing more."""
    configure(policy=policy, policy_rules=json.dumps({"default": {"ephemeral_storage": "1Gi"}}))
    task = task_of(load(IN_GROUP + MAKERS[maker]))
    config = task.executor_config
    before = pickle.dumps(dict(config))
    dag_policy(task.dag)
    task_policy(task)
    assert task.executor_config is config
    assert pickle.dumps(dict(config)) == before


@pytest.mark.parametrize(
    "config", ["by_hand", "{**own}", "{'pod_override': own['pod_override']}", "{'overrides': {}}"]
)
def test_a_config_that_was_written_by_hand_stays(config: str, load: Callable[..., Any]) -> None:
    """Airflow's own way of replacing holds for it; its author reads what it replaces, and the remedy."""
    with pytest.warns(SpecWarning, match="task 'it' of DAG 'etl': executor_config") as caught:
        task = task_of(load(f'BashOperator(task_id="it", bash_command="true", executor_config={config})'))
    assert type(task.executor_config) is dict
    assert task.executor_config.keys() <= {"pod_override", "overrides"}
    (warning,) = caught
    assert str(warning.message).endswith(
        "is not as k8s_config makes it, so it replaces that of default_args of the DAG; "
        "write executor_config=k8s_config(pod_override=...)."
    )
    with open(warning.filename, encoding="utf-8") as file:  # noqa: PTH123  # as Python names it
        assert 'task_id="it"' in file.readlines()[warning.lineno - 1]


def test_a_config_that_its_author_changed_stays(load: Callable[..., Any]) -> None:
    """What was changed after ``k8s_config`` made it is as if written by hand."""
    with pytest.warns(SpecWarning, match="is not as k8s_config makes it"):
        task = task_of(
            load("own['pod_override'].spec.hostname = 'own'", MAKERS["an operator"].replace("OWN", "own"))
        )
    assert pod_of(task.executor_config)["spec"]["hostname"] == "own"
    assert describe(task.executor_config)[1] == ["OWN"]


def test_a_task_takes_no_layer_by_an_empty_config(load: Callable[..., Any]) -> None:
    """``executor_config={}`` is Airflow's way to have none of ``default_args``."""
    task = task_of(load('BashOperator(task_id="it", bash_command="true", executor_config={})'))
    assert task.executor_config == {}


@pytest.mark.parametrize("policy", ["off", "error"])
def test_all_mistakes_that_layers_make_together_are_reported(
    policy: str, load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """Each layer is right, and both together are not: an import error names each task and its line."""
    configure(policy=policy)
    tasks = [
        f'task(task_id="{name}", executor_config=k8s_config(shared_memory="4Gi"))(load)()' for name in "ab"
    ]
    (error,) = load(*tasks).import_errors.values()
    assert "AirflowClusterPolicyViolation" in error
    for name in "ab":
        assert re.search(
            rf"1 problem in the pod options of task '{name}' of DAG 'etl' \(.*etl.py, line \d+\):", error
        )
    assert error.count("shared_memory='4Gi' is more than the memory limit 1Gi") == 2


def test_what_layers_make_together_is_linted(
    load: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``k8sexec lint`` reports it at the task, beside what is wrong with other tasks."""
    file = tmp_path / "etl.py"
    with pytest.warns(SpecWarning, match="task 'other'"):
        load(
            f'{SHORT}"it", executor_config=k8s_config(shared_memory="4Gi"))',
            f'{SHORT}"other", executor_config=by_hand)',
            f'{SHORT}"third")',
        )
    capsys.readouterr()
    assert main(["lint", str(file), "-o", "json"]) == 1
    line = len(file.read_text(encoding="utf-8").splitlines()) - 2
    reports = [report for report in json.loads(capsys.readouterr().out) if report["line"] >= line]
    found = {(report["line"], report["level"]): report for report in reports}
    assert found.keys() == {(line, "error"), (line + 1, "warning")}
    assert found[line, "error"]["task"] == "etl.it"
    assert found[line, "error"]["problem"].startswith("shared_memory='4Gi' is more than")
    assert found[line + 1, "warning"]["task"] == "etl.other"
    assert found[line + 1, "warning"]["problem"].startswith("executor_config=")


@pytest.mark.parametrize("maker", MAKERS)
def test_a_worker_has_the_same_pod_and_reads_nothing(
    maker: str, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow 2 writes a worker's ``executor_config`` back, and launches a retry by it."""
    before = pickle.dumps(dict(task_of(load(IN_GROUP + MAKERS[maker])).executor_config))
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.setenv(NAMES_VARIABLE, "{}")
    forget_context()
    config = task_of(load(IN_GROUP + MAKERS[maker])).executor_config
    assert isinstance(config, ExecutorConfig)
    assert config._request is None
    assert pickle.loads(pickle.dumps(config)) == pickle.loads(before)  # noqa: S301  # made here


@pytest.mark.any_python
def test_a_worker_loads_no_rules_for_layers(load: Callable[..., Any], tmp_path: Path) -> None:
    """It imports what a DAG file with ``k8s_config`` needs, and neither rules nor policy."""
    load(MAKERS["an operator"])
    code = f"""
import sys
from airflow_provider_k8sexec._compat import load_dag_bag
(dag,) = load_dag_bag({str(tmp_path / "etl.py")!r}).dags.values()
assert dag.tasks[0].executor_config.is_whole
loaded = {{name.split(".")[1] for name in sys.modules if name.startswith("airflow_provider_k8sexec.")}}
assert "authoring" in loaded
assert not {{"rules", "site_policy", "launch"}} & loaded, loaded
"""
    output_of(run_python("-c", code, AIRFLOW_IS_K8S_EXECUTOR_POD="True"))


OF_OPERATOR = 'default_args={"executor_config": k8s_config(cpu=1)}, executor_config=own'


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        (f'{SHORT}"it", {OF_OPERATOR})', True),
        (f'task(task_id="it", {OF_OPERATOR})(load)()', True),
        (f'BashOperator.partial(task_id="it", {OF_OPERATOR}).expand(bash_command=["a"])', True),
        (f'{SHORT}"it", default_args={{"executor_config": k8s_config(cpu=1)}})', False),
        (f'{SHORT}"it", default_args={{"retries": 1}}, executor_config=own)', False),
        (f'k8s_operator(BashOperator)(bash_command="true", task_id="it", {OF_OPERATOR})', False),
        (f'k8s_task(task_id="it", {OF_OPERATOR})(load)()', False),
    ],
)
def test_a_layer_that_airflow_keeps_from_the_policy_is_linted(
    line: str, is_found: bool, load: Callable[..., Any], tmp_path: Path
) -> None:
    """An operator's own ``default_args`` leave no trace; operators of this package see them."""
    cpu = describe(task_of(load(line)).executor_config)[0]["cpu"]
    found = [
        found for found in check_source(str(tmp_path / "etl.py")) if "default_args" in str(found.problem)
    ]
    assert cpu == ("0.5" if is_found or "retries" in line else "1")
    replaced = (
        "executor_config replaces that of the operator's own default_args: Airflow does not show them to "
    )
    remedy = "the policy; write one k8s_config with the options of both."
    assert [str(item.problem) for item in found] == [f"{replaced}{remedy}"] * is_found
