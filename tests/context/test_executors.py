"""Which executor runs a task."""

from __future__ import annotations

import inspect
import json
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from airflow.configuration import conf
from airflow.executors.executor_loader import ExecutorLoader
from processes import output_of, run_airflow, run_python

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec._compat import AIRFLOW_3
from airflow_provider_k8sexec.context import forget_context, load_context
from airflow_provider_k8sexec.context.executors import (
    ExecutorName,
    find_team,
    parse_executors,
    resolve_executors,
)

if TYPE_CHECKING:
    from pathlib import Path

OPTION = "AIRFLOW__CORE__EXECUTOR"


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("KubernetesExecutor", [ExecutorName("KubernetesExecutor")]),
        (
            "LocalExecutor, k8s:KubernetesExecutor",
            [ExecutorName("LocalExecutor"), ExecutorName("KubernetesExecutor", "k8s")],
        ),
        ("ours:acme.OurExecutor", [ExecutorName("acme.OurExecutor", "ours")]),
        ("acme.OurExecutor", [ExecutorName("acme.OurExecutor")]),
        (
            "LocalExecutor;team-a=KubernetesExecutor",
            [ExecutorName("LocalExecutor"), ExecutorName("KubernetesExecutor", team="team-a")],
        ),
        ("", []),
    ],
)
def test_the_option_is_read_with_aliases_paths_and_teams(option: str, expected: list[ExecutorName]) -> None:
    """Each form of ``[core] executor`` that Airflow documents is understood."""
    assert parse_executors(option) == tuple(expected)


@pytest.mark.parametrize(
    ("option", "executor", "queue", "expected"),
    [
        (None, None, "default", True),
        (None, "KubernetesExecutor", "default", True),
        (None, "an-alias", "default", True),
        (None, "LocalExecutor", "default", False),
        ("KubernetesExecutor", None, "default", True),
        ("CeleryExecutor", None, "default", False),
        ("LocalExecutor,KubernetesExecutor", None, "default", False),
        ("LocalExecutor,KubernetesExecutor", "KubernetesExecutor", "default", True),
        ("LocalExecutor,k8s:KubernetesExecutor", "k8s", "default", True),
        ("KubernetesExecutor,LocalExecutor", "LocalExecutor", "default", False),
        ("acme.executors.FastKubernetesExecutor", None, "default", True),
        ("KubernetesExecutor,LocalExecutor", "airflow.executors.local_executor.LocalExecutor", "", False),
        ("CeleryKubernetesExecutor", None, "default", False),
        ("CeleryKubernetesExecutor", None, "kubernetes", True),
        ("LocalKubernetesExecutor", None, "kubernetes", True),
    ],
)
def test_only_a_task_that_another_executor_will_run_has_no_pod(
    monkeypatch: pytest.MonkeyPatch, option: str | None, executor: str | None, queue: str, *, expected: bool
) -> None:
    """The task's own executor counts, then the first of the option; else there may be a pod."""
    monkeypatch.delenv(OPTION, raising=False)
    if option is not None:
        monkeypatch.setenv(OPTION, option)
    assert load_context().may_have_pod(SimpleNamespace(executor=executor, queue=queue)) is expected


def test_the_executor_of_a_worker_pod_says_nothing_of_its_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A template sets LocalExecutor in the worker, whatever runs the tasks."""
    monkeypatch.setenv(OPTION, "LocalExecutor")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    assert load_context().may_have_pod(SimpleNamespace(executor=None, queue="default"))


@pytest.mark.any_python
def test_a_default_that_airflow_has_written_down_is_set_by_nobody(tmp_path: Path) -> None:
    """`airflow config list` writes an airflow.cfg with all defaults: lint goes on to judge every task."""
    output_of(run_airflow("config", "list", AIRFLOW_HOME=str(tmp_path)))
    assert re.search(r"^executor = \w+", (tmp_path / "airflow.cfg").read_text(encoding="utf-8"), re.MULTILINE)
    program = "from airflow_provider_k8sexec.context import load_context; print(load_context().executors)"
    for option, expected in ((None, "()"), ("LocalExecutor", "LocalExecutor")):
        run = run_python("-c", program, AIRFLOW_HOME=str(tmp_path), AIRFLOW__CORE__EXECUTOR=option)
        assert expected in output_of(run).splitlines()[-1]


def test_an_executor_that_nobody_has_set_is_no_kubernetes_executor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what somebody has set says that this is a deployment with a KubernetesExecutor."""
    monkeypatch.delenv(OPTION, raising=False)
    assert not load_context().has_kubernetes_executor
    monkeypatch.setenv(OPTION, "LocalExecutor,KubernetesExecutor")
    forget_context()
    assert load_context().has_kubernetes_executor


def test_a_subclass_under_another_name_is_a_kubernetes_executor(tmp_path: Path, monkeypatch) -> None:
    """Its tasks have pods, and so the site's rules, the watch and the tab are for them as well."""
    base = "airflow.providers.cncf.kubernetes.executors.kubernetes_executor"
    (tmp_path / "acme_fleet.py").write_text(
        "from airflow.executors.local_executor import LocalExecutor\n"
        f"from {base} import KubernetesExecutor\n"
        "class Fleet(KubernetesExecutor): ...\n"
        "class Desk(LocalExecutor): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert ExecutorName("acme_fleet.Fleet").is_kubernetes
    assert not ExecutorName("acme_fleet.Desk").is_kubernetes


PATHS = ["nowhere.Fleet", "processes.Fleet", "processes.output_of", "Fleet", "", "."]


@pytest.mark.parametrize("name", PATHS)
def test_a_path_that_leads_to_no_class_is_no_kubernetes_executor(name: str) -> None:
    """Airflow reports such a path; here it is no reason to fail."""
    assert not ExecutorName(name).is_kubernetes


LOCAL, PODS = ("LocalExecutor", False), ("KubernetesExecutor", True)


@pytest.mark.parametrize(
    ("option", "named", "team", "expected"),
    [
        ("LocalExecutor;a=KubernetesExecutor", None, "a", [PODS]),
        ("LocalExecutor;a=KubernetesExecutor", None, "b", [LOCAL]),
        ("LocalExecutor;a=KubernetesExecutor", None, "", [LOCAL]),
        ("LocalExecutor;a=KubernetesExecutor", None, None, [LOCAL, PODS]),
        ("LocalExecutor;a=KubernetesExecutor", "KubernetesExecutor", "a", [PODS]),
        ("LocalExecutor;a=KubernetesExecutor", "KubernetesExecutor", "b", []),
        ("LocalExecutor,k8s:KubernetesExecutor;a=LocalExecutor", "k8s", "a", [PODS]),
        ("KubernetesExecutor;a=LocalExecutor,KubernetesExecutor", None, "a", [LOCAL]),
        ("KubernetesExecutor;a=CeleryExecutor", None, "", [PODS]),
    ],
)
def test_the_executors_of_the_team_come_before_those_of_all(option, named, team, expected) -> None:
    """As Airflow's scheduler chooses; where the team is not known, each that it may be."""
    found = resolve_executors(parse_executors(option), named, "default", team)
    assert [(item.executor.name, item.has_pod) for item in found] == expected


@pytest.mark.skipif(
    "validate_teams" not in inspect.signature(ExecutorLoader.get_executor_names).parameters,
    reason="Airflow has no teams before 3.2",
)
@pytest.mark.parametrize("multi_team", ["True", "False"])
def test_the_executors_are_those_that_airflow_has(monkeypatch, multi_team) -> None:
    """Airflow ignores the executors of teams unless ``[core] multi_team`` is on."""
    monkeypatch.setenv(OPTION, "LocalExecutor,k8s:KubernetesExecutor;a=KubernetesExecutor")
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", multi_team)
    configured = ExecutorLoader._get_team_executor_configs(validate_teams=False)
    expected = [(team or "", item.rpartition(":")[2]) for team, items in configured for item in items]
    assert [(executor.team, executor.name) for executor in load_context().executors] == expected


@pytest.fixture
def teams(monkeypatch, tmp_path):
    """Set up two bundles, of which one is a team's, and give the folders of both and of neither."""
    bundles = [
        {"name": name, "classpath": f"airflow.dag_processing.bundles.local.{kind}", "kwargs": kwargs, **team}
        for name, kind, kwargs, team in (
            ("of-a", "LocalDagBundle", {"path": str(tmp_path / "a")}, {"team_name": "a"}),
            ("of-all", "LocalDagBundle", {"path": str(tmp_path)}, {}),
            ("stored", "OtherBundle", {}, {"team_name": "b"}),
        )
    ]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH", str(tmp_path.parent / "stored"))
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")
    monkeypatch.setenv(OPTION, "LocalExecutor;a=KubernetesExecutor;b=KubernetesExecutor")
    return {
        "a": tmp_path / "a/sub/dag.py",
        "": tmp_path / "dag.py",
        "b": tmp_path.parent / "stored/stored/tracking_repo/dag.py",
        None: tmp_path.parent / "dag.py",
    }


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2 has no bundles")
@pytest.mark.parametrize("team", ["a", "", "b", None])
def test_the_team_of_a_dag_is_that_of_the_bundle_with_its_file(teams, team) -> None:
    """A process that parses has no database; the bundles' folders are configured."""
    dag = SimpleNamespace(fileloc=str(teams[team]))
    assert find_team(dag, load_context().executors) == team
    task = SimpleNamespace(executor=None, queue="default", dag=dag)
    assert load_context().may_have_pod(task) is (team != "")


@pytest.mark.parametrize(
    ("environment", "option", "expected"),
    [
        ({}, None, []),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, None, ["<default>"]),
        ({"ASTRONOMER_ENVIRONMENT": "cloud"}, None, ["<default>"]),
        ({"ASTRONOMER_ENVIRONMENT": "local"}, "LocalExecutor", []),
        ({"ASTRONOMER_ENVIRONMENT": "local"}, "KubernetesExecutor", ["KubernetesExecutor"]),
        ({}, "CeleryExecutor", ["CeleryExecutor"]),
    ],
)
def test_airflows_own_default_counts_only_where_this_is_a_deployment(
    monkeypatch, environment, option, expected
) -> None:
    """On a laptop and in CI nothing is known of the deployment; the Astro CLI sets LocalExecutor on all."""
    for name, value in {"KUBERNETES_SERVICE_HOST": None, OPTION: option, **environment}.items():
        monkeypatch.delenv(name, raising=False) if value is None else monkeypatch.setenv(name, value)
    default = conf.get("core", "executor")
    names = [executor.name for executor in load_context().executors]
    assert names == [name.replace("<default>", default) for name in expected]


@pytest.mark.skipif(not AIRFLOW_3, reason="Airflow 2 has no bundles")
def test_the_bundles_are_read_once_for_all_tasks(monkeypatch, tmp_path):
    """Each task of a DAG asks for its team, and a site may have a bundle for each of many teams."""
    bundle = {
        "name": "b",
        "classpath": "a.LocalDagBundle",
        "kwargs": {"path": str(tmp_path)},
        "team_name": "t",
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    read = []
    find = _compat._find_bundle_path
    monkeypatch.setattr(_compat, "_find_bundle_path", lambda item: read.append(item) or find(item))
    assert {_compat.find_bundle_team(str(tmp_path / f"{number}.py")) for number in range(9)} == {"t"}
    assert len(read) == 1
