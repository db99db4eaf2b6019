"""No silence: whatever executors, operators and forms there are, an option is in a pod, or it is reported.

Which executor runs a task is Airflow's own answer here, and not this package's.
"""

from __future__ import annotations

import inspect
import json
import textwrap
import warnings
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from airflow.executors import executor_loader
from airflow.executors.executor_loader import ExecutorLoader
from airflow_lines import forget_executors

from airflow_provider_k8sexec._compat import AIRFLOW_3, load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.exceptions import SpecWarning
from airflow_provider_k8sexec.pod.started import find_started
from airflow_provider_k8sexec.render.executor_pod import render_pod

HAS_TEAMS = "validate_teams" in inspect.signature(ExecutorLoader.get_executor_names).parameters
OF_WORKER, OF_STARTED = "3Gi", "5Gi"
WORKER, STARTED, REPORTED = "in the worker", "in the started pod", "reported"
HEAD = """
import pendulum
from airflow import DAG
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import K8sPodOperator, k8s_config, k8s_operator, k8s_task
from airflow_provider_k8sexec._compat import load_operator, load_pod_operator, task

Bash = load_operator("bash", "BashOperator")
KubernetesPodOperator = load_pod_operator()
amounts = k8s.V1ResourceRequirements(limits={"memory": "3Gi"})
POD = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", resources=amounts)]))

def run(x=0): ...

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None, default_args={defaults}):
    {line}
"""
DECORATED = "k8s_task(task_id='t', memory='3Gi'{})(run)()"
MAPPED = "k8s_task(task_id='t', memory='3Gi'{})(run).expand(x=[1, 2])"
FLAVOUR = "k8s_task.bash(task_id='t', memory='3Gi'{})(run)()"
OPERATOR = "k8s_operator(Bash)(task_id='t', bash_command='ls', memory='3Gi'{})"
ANY = "Bash(task_id='t', bash_command='ls', executor_config=k8s_config(memory='3Gi'){})"
BY_HAND = "Bash(task_id='t', bash_command='ls', executor_config={{'pod_override': POD}}{})"
NO_DICT = "Bash(task_id='t', bash_command='ls', executor_config=POD{})"
PLAIN = "Bash(task_id='t', bash_command='ls'{})"
K8S_POD = "K8sPodOperator(task_id='t', image='a/b:1', memory='5Gi'{})"
K8S_POD_AND_WORKER = (
    "K8sPodOperator(task_id='t', image='a/b:1', memory='5Gi', executor_config=k8s_config(memory='3Gi'){})"
)
POD_OPERATOR = "KubernetesPodOperator(task_id='t', image='a/b:1'{})"
CONFIG = "{'executor_config': k8s_config(memory='3Gi')}"
KUBERNETES = "airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor"
BOTH = "LocalExecutor,KubernetesExecutor"
TEAMS = "LocalExecutor;a=KubernetesExecutor"


class Row(NamedTuple):
    """A site, a task, and what becomes of its options."""

    executors: str
    task: str
    outcome: set[str]
    arguments: str = ""
    defaults: str = "{}"
    route: str = ""
    team: str = ""


ROWS = [
    Row("KubernetesExecutor", DECORATED, {WORKER}),
    Row("LocalExecutor", DECORATED, {REPORTED}),
    Row("CeleryExecutor", DECORATED, {REPORTED}),
    Row("CeleryExecutor", MAPPED, {REPORTED}),
    Row("CeleryExecutor", FLAVOUR, {REPORTED}),
    Row(BOTH, DECORATED, {REPORTED}),
    Row(BOTH, DECORATED, {WORKER}, ", executor='KubernetesExecutor'"),
    Row(BOTH, DECORATED, {WORKER}, f", executor='{KUBERNETES}'"),
    Row(BOTH, DECORATED, {WORKER}, defaults="{'executor': 'KubernetesExecutor'}"),
    Row(f"LocalExecutor,k8s:{KUBERNETES}", MAPPED, {WORKER}, ", executor='k8s'"),
    Row(f"LocalExecutor,k8s:{KUBERNETES}", OPERATOR, {REPORTED}),
    Row("KubernetesExecutor,LocalExecutor", DECORATED, {WORKER}),
    Row("KubernetesExecutor,LocalExecutor", DECORATED, {REPORTED}, ", executor='LocalExecutor'"),
    Row("KubernetesExecutor,LocalExecutor", BY_HAND, {REPORTED}, ", executor='LocalExecutor'"),
    Row(BOTH, DECORATED, {WORKER}, route="KubernetesExecutor"),
    Row(BOTH, MAPPED, {WORKER}, route="KubernetesExecutor"),
    Row(BOTH, BY_HAND, {WORKER}, route="KubernetesExecutor"),
    Row(BOTH, PLAIN, {WORKER}, defaults=CONFIG, route="KubernetesExecutor"),
    Row(BOTH, ANY, {REPORTED}, ", executor='LocalExecutor'", route="KubernetesExecutor"),
    Row("KubernetesExecutor", OPERATOR, {WORKER}),
    Row("CeleryExecutor", OPERATOR, {REPORTED}),
    Row("KubernetesExecutor", ANY, {WORKER}),
    Row("LocalExecutor", ANY, {REPORTED}),
    Row("KubernetesExecutor", BY_HAND, {WORKER}),
    Row("CeleryExecutor", BY_HAND, {REPORTED}),
    Row("CeleryExecutor", NO_DICT, {REPORTED}),
    Row("CeleryExecutor", PLAIN, {REPORTED}, defaults=CONFIG),
    Row("CeleryExecutor", DECORATED.replace(", memory='3Gi'", ""), {REPORTED}, defaults="{'memory': '3Gi'}"),
    Row("LocalExecutor", K8S_POD, {STARTED}),
    Row("CeleryExecutor", K8S_POD, {STARTED}),
    Row("KubernetesExecutor", K8S_POD, {STARTED}),
    Row("KubernetesExecutor", K8S_POD_AND_WORKER, {STARTED, WORKER}),
    Row("CeleryExecutor", K8S_POD_AND_WORKER, {STARTED, REPORTED}),
    Row(BOTH, K8S_POD_AND_WORKER, {STARTED, WORKER}, route="KubernetesExecutor"),
    Row("KubernetesExecutor", POD_OPERATOR, {WORKER}, defaults=CONFIG),
    Row("CeleryExecutor", POD_OPERATOR, {REPORTED}, defaults=CONFIG),
    Row("KubernetesExecutor", POD_OPERATOR, {REPORTED}, defaults="{'secrets': ['TOKEN']}"),
    Row("CeleryExecutor", POD_OPERATOR, {REPORTED}, defaults="{'tolerations': ['spot:NoSchedule']}"),
    *(
        [
            Row(TEAMS, DECORATED, {WORKER}, team="a"),
            Row(TEAMS, DECORATED, {REPORTED}),
            Row(TEAMS, DECORATED, {REPORTED}, team="b"),
            Row(f"{BOTH};a=LocalExecutor", DECORATED, {REPORTED}, team="a"),
            Row(f"{BOTH};a=LocalExecutor", ANY, {WORKER}, ", executor='KubernetesExecutor'", team="a"),
        ]
        if HAS_TEAMS
        else []
    ),
    *(
        []
        if AIRFLOW_3
        else [
            Row("CeleryKubernetesExecutor", DECORATED, {REPORTED}),
            Row("CeleryKubernetesExecutor", DECORATED, {WORKER}, ", queue='kubernetes'"),
            Row("LocalKubernetesExecutor", BY_HAND, {REPORTED}),
            Row("LocalKubernetesExecutor", ANY, {WORKER}, ", queue='kubernetes'"),
        ]
    ),
]


def has_pod(task: Any, team: str) -> bool:
    """Report whether Airflow runs a task in a pod: by its own loader of executors."""
    if HAS_TEAMS:
        ExecutorLoader._get_executor_names(validate_teams=False)
        names = [name for name in (team or None, None) if executor_loader._team_name_to_executors.get(name)]
        chosen = ExecutorLoader.get_default_executor_name(names[0])
        for name in names if task.executor else ():
            known = executor_loader._module_to_executors_per_team[name].values()
            chosen = next((item for item in known if _means(item, task.executor)), chosen)
    elif task.executor:
        chosen = ExecutorLoader.lookup_executor_name_by_str(task.executor)
    else:
        chosen = ExecutorLoader.get_default_executor_name()
    if chosen.module_path.endswith(("CeleryKubernetesExecutor", "LocalKubernetesExecutor")):
        return task.queue == "kubernetes"
    return chosen.module_path == KUBERNETES


def _means(executor: Any, name: str) -> bool:
    return name in (executor.alias, executor.module_path, executor.module_path.rpartition(".")[2])


@pytest.fixture
def file(tmp_path, monkeypatch, configure):
    """Give a way to set a site up, and to write the DAG file of a row."""

    def write(row):
        folder = tmp_path / "dags"
        folder.mkdir()
        bundle = {
            "name": "dags",
            "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
            "kwargs": {"path": str(folder)},
        }
        team = {"team_name": row.team} if row.team else {}
        monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([{**bundle, **team}]))
        monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", str(";" in row.executors))
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", row.executors)
        configure(executor=row.route or None, policy="off")
        forget_executors()
        line = textwrap.indent(row.task.format(row.arguments), "    ").strip()
        text = HEAD.replace("{defaults}", row.defaults).replace("{line}", line)
        path = folder / "etl.py"
        path.write_text(text, encoding="utf-8")
        return path

    yield write
    forget_executors()


def _memory_of(pod: Any) -> str:
    (worker,) = [item for item in pod["spec"]["containers"] if item["name"] == "base"]
    return ((worker.get("resources") or {}).get("limits") or {}).get("memory", "")


def _find_in_pods(task: Any, team: str) -> set[str]:
    found = set()
    config = task.executor_config
    if isinstance(config, dict) and config and has_pod(task, team):
        pod = render_pod(task.dag_id, task.task_id, config)
        found |= {WORKER} if _memory_of(pod) == OF_WORKER else set()
    if find_started(task) is not None:
        task.hook = SimpleNamespace(is_in_cluster=False, get_namespace=lambda: "default")
        built = task.build_pod_request_obj(None).to_dict()
        found |= {STARTED} if _memory_of(built) == OF_STARTED else set()
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: " ".join(map(str, row)).replace("/", "")[:150])
def test_each_option_is_in_a_pod_or_is_reported(file, capsys, row):
    """At parse and by lint, with a remedy; and what is in a pod is not reported."""
    path = file(row)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", SpecWarning)
        bag = load_dag_bag(str(path))
    parsed = [str(item.message) for item in caught if issubclass(item.category, SpecWarning)]
    parsed += bag.import_errors.values()
    found = {REPORTED} if parsed else set()
    for dag in bag.dags.values():
        for task in dag.tasks:
            found |= _find_in_pods(task, row.team)
    forget_context()
    capsys.readouterr()
    main(["lint", "-o", "json", str(path)])
    linted = [finding["problem"] for finding in json.loads(capsys.readouterr().out)]
    assert bool(linted) is bool(parsed), (parsed, linted)
    assert all("write " in text or "remove " in text for text in linted)
    assert found == row.outcome, (parsed, linted)


def test_the_table_has_every_outcome_on_this_line():
    """A table of twenty combinations and more, none of which is silent."""
    assert len(ROWS) > 20
    assert all(row.outcome for row in ROWS)
    assert set().union(*(row.outcome for row in ROWS)) == {WORKER, STARTED, REPORTED}
