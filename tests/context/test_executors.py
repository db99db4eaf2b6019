"""Which executor runs a task."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from processes import output_of, run_airflow, run_python

from airflow_provider_k8sexec.context import forget_context, load_context
from airflow_provider_k8sexec.context.executors import ExecutorName, parse_executors

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
        ("LocalExecutor;team-a=KubernetesExecutor", None, "default", True),
        ("LocalExecutor;team-a=CeleryExecutor", None, "default", False),
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


def test_a_default_that_airflow_has_written_down_is_set_by_nobody(tmp_path: Path) -> None:
    """`airflow config list` writes an airflow.cfg with all defaults: lint goes on to judge every task."""
    output_of(run_airflow("config", "list", AIRFLOW_HOME=str(tmp_path)))
    assert re.search(r"^executor = \w+", (tmp_path / "airflow.cfg").read_text(encoding="utf-8"), re.MULTILINE)
    program = "from airflow_provider_k8sexec.context.executors import load_executors; print(load_executors())"
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
