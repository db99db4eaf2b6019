"""``[k8sexec] executor``: tasks with pod options go to the KubernetesExecutor, as real Airflow loads them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPTION = "AIRFLOW__CORE__EXECUTOR"
HEAD = """
import pendulum
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import k8s_config, k8s_task
from airflow_provider_k8sexec._compat import load_operator, task
from airflow import DAG

def run(x=0): ...

bash = load_operator("bash", "BashOperator")

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None, default_args={defaults}):
    {line}
"""
POD = "k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base')]))"
ROUTED = [
    "k8s_task(cpu=1)(run)()",
    "k8s_task(profile='small')(run)()",
    "k8s_task(cpu=1)(run).expand(x=[1, 2])",
    "k8s_task(executor_config=k8s_config(cpu=1))(run).partial().expand(x=[1, 2])",
    "task(executor_config=k8s_config(memory='1Gi'))(run)()",
    "task(executor_config={'pod_template_file': '/templates/big.yaml'})(run)()",
    f"task(executor_config={{'pod_override': {POD}}})(run)()",
    f"task(executor_config={{'pod_override': {POD}}})(run).expand(x=[1, 2])",
    "bash(task_id='run', bash_command='ls', executor_config=k8s_config(cpu=1))",
]
NOT_ROUTED = [
    "task(run)()",
    "k8s_task(run)()",
    "k8s_task(cpu=None)(run)()",
    "task(executor_config={'overrides': {'cpu': '256'}})(run)()",
    "task(run).expand(x=[1, 2])",
]


@pytest.fixture
def site(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a way to set the executors, and the one that tasks are routed to."""

    def set_site(executors: str, name: str) -> None:
        monkeypatch.setenv(OPTION, executors)
        monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", str(";" in executors))
        configure(executor=name)

    return set_site


@pytest.fixture
def load(site: Callable[..., None], configure: Callable[..., None], tmp_path: Path) -> Callable[..., Any]:
    """Give a way to load a DAG of one task, in a site that routes, and get the task."""
    site("LocalExecutor,KubernetesExecutor", "KubernetesExecutor")
    configure(policy="off", profiles='{"small": {"cpu": 1}}', profiles_file=None)

    def load_task(line: str, **defaults: Any) -> Any:
        file = tmp_path / "etl.py"
        text = HEAD.replace("{line}", textwrap.indent(line, "    ").strip()).replace(
            "{defaults}", repr(defaults)
        )
        file.write_text(text, encoding="utf-8")
        bag = load_dag_bag(str(file))
        assert bag.import_errors == {}
        ((task,),) = [dag.tasks for dag in bag.dags.values()]
        return task

    return load_task


@pytest.mark.parametrize("line", ROUTED)
@pytest.mark.parametrize("policy", ["off", "warn", "error", "fix"])
def test_a_task_that_requests_something_of_its_pod_is_routed(
    load: Callable[..., Any], configure: Callable[..., None], line: str, policy: str
) -> None:
    """By options, by hand, mapped or not, whatever the site's policy is."""
    configure(policy=policy)
    assert load(line).executor == "KubernetesExecutor"


@pytest.mark.parametrize("line", NOT_ROUTED)
def test_a_task_whose_author_requests_nothing_stays_where_it_is(
    load: Callable[..., Any], configure: Callable[..., None], line: str
) -> None:
    """The site's own pod options are for tasks that run in pods; they are no reason to run in one."""
    configure(pod_options='{"memory": "1Gi"}', default_profile="small")
    assert load(line).executor is None


def test_the_options_of_default_args_are_an_authors(load: Callable[..., Any]) -> None:
    """A DAG's author has written them for all of its tasks."""
    assert load("k8s_task(run)()", cpu=1).executor == "KubernetesExecutor"


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.exceptions.UnappliedWarning")
def test_an_executor_that_the_author_names_stays(load: Callable[..., Any]) -> None:
    """Whatever the task requests of its pod."""
    assert load("k8s_task(cpu=1, executor='LocalExecutor')(run)()").executor == "LocalExecutor"
    assert load("k8s_task(cpu=1)(run)()", executor="LocalExecutor").executor == "LocalExecutor"


@pytest.mark.filterwarnings("ignore::airflow_provider_k8sexec.exceptions.UnappliedWarning")
def test_no_task_is_routed_where_the_option_is_not_set(
    load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """Off by default."""
    configure(executor=None)
    assert load("k8s_task(cpu=1)(run)()").executor is None


def test_no_task_is_routed_where_no_executor_is_set(
    load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop with the settings of the deployment, the scheduler has no such executor."""
    monkeypatch.delenv(OPTION)
    assert load("k8s_task(cpu=1)(run)()").executor is None


def test_a_routed_task_is_held_against_the_rules_of_its_pod(
    load: Callable[..., Any], configure: Callable[..., None]
) -> None:
    """It is routed before the site's policy validates it; a task of LocalExecutor has no pod."""
    configure(policy="fix", policy_rules='{"default": {"memory": "3Gi"}}')
    task = load("k8s_task(cpu=1)(run)()")
    (container,) = task.executor_config["pod_override"].spec.containers
    assert container.resources.requests["memory"] == "3Gi"


def test_a_worker_has_the_executor_of_its_task(
    load: Callable[..., Any], configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its template has another ``[core] executor``; a worker of Airflow 2 writes the task's back."""
    monkeypatch.setenv(OPTION, "LocalExecutor")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    configure()
    assert load(ROUTED[0]).executor == "KubernetesExecutor"


@pytest.mark.parametrize(
    ("executors", "name"),
    [
        ("LocalExecutor,KubernetesExecutor", "KubernetesExecutor"),
        ("LocalExecutor,k8s:acme.FastKubernetesExecutor", "k8s"),
        ("LocalExecutor,k8s:acme.FastKubernetesExecutor", "acme.FastKubernetesExecutor"),
        ("LocalExecutor,acme.FastKubernetesExecutor", "FastKubernetesExecutor"),
    ],
)
def test_an_executor_is_named_as_airflow_lets_tasks_name_it(
    site: Callable[..., None], executors: str, name: str
) -> None:
    """By its name, its alias, its path, or the name of its class."""
    site(executors, name)
    assert load_context().routes_to == name


WRONG = [
    (
        "LocalExecutor,KubernetesExecutor",
        "KubernetsExecutor",
        "is not one of [core] executor, which has LocalExecutor,KubernetesExecutor",
        "write KubernetesExecutor",
    ),
    (
        "LocalExecutor,k8s:acme.FastKubernetesExecutor",
        "LocalExecutor",
        "launches no pod for a task that is routed to it",
        "write k8s",
    ),
    (
        "CeleryExecutor",
        "KubernetesExecutor",
        "is not one of [core] executor, which has CeleryExecutor",
        "add KubernetesExecutor to [core] executor, or remove the option",
    ),
    (
        "CeleryKubernetesExecutor",
        "CeleryKubernetesExecutor",
        "launches no pod for a task that is routed to it",
        "add KubernetesExecutor to [core] executor, or remove the option",
    ),
    (
        "LocalExecutor;team-a=KubernetesExecutor",
        "KubernetesExecutor",
        "is the executor of a team, which tasks of others do not have",
        "add KubernetesExecutor to [core] executor, or remove the option",
    ),
]


@pytest.mark.parametrize(("executors", "name", "reason", "remedy"), WRONG)
def test_an_executor_that_no_task_can_be_routed_to_is_a_mistake_of_the_site(
    site: Callable[..., None], executors: str, name: str, reason: str, remedy: str
) -> None:
    """It is reported with what to write, for doctor as well, and nothing is routed."""
    site(executors, name)
    problem = f"[k8sexec] executor={name!r} {reason}; {remedy}."
    assert [str(found) for found in load_context().find_problems()] == [problem]
    with pytest.raises(ConfigurationError, match="executor"):
        _ = load_context().settings
    assert load_context().readable_settings.executor is None
