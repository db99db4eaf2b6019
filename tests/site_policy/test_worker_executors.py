"""A template's ``AIRFLOW__CORE__EXECUTOR=LocalExecutor``, and tasks that name another executor."""

from __future__ import annotations

import json
import textwrap
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import forget_executors

from airflow_provider_k8sexec import SpecWarning
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OPTION = "AIRFLOW__CORE__EXECUTOR"
SEVERAL = "LocalExecutor,KubernetesExecutor"
HEAD = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task
from airflow_provider_k8sexec._compat import task

def run(): ...

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
"""
NAMED = "task(executor='KubernetesExecutor')(run)()"
TOLD = (
    "task 'run' of DAG 'etl': executor='KubernetesExecutor' is unknown in a worker pod, where "
    "AIRFLOW__CORE__EXECUTOR is 'LocalExecutor', so that no worker can load the DAG; set "
    "AIRFLOW__CORE__EXECUTOR to 'LocalExecutor,KubernetesExecutor' in the pod template."
)
MENDED = " Until then, the pod mutation hook sets it in each pod that needs it."


@pytest.fixture
def site(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., None]]:
    """Give a way to set the executors of the deployment, and what its pod template sets in workers."""

    def set_site(executors: str = SEVERAL, worker: str | None = "LocalExecutor", **options: str) -> None:
        template = tmp_path / "template.yaml"
        env = [] if worker is None else [{"name": OPTION, "value": worker}]
        containers = [{"name": "base", "image": "airflow:3", "env": env}]
        template.write_text(json.dumps({"spec": {"restartPolicy": "Never", "containers": containers}}))
        monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
        monkeypatch.setenv(OPTION, executors)
        forget_executors()
        configure(**{"policy": "off", **options})

    yield set_site
    forget_executors()


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., list[str]]:
    """Give a way to load a DAG of these lines, and get what is warned of."""

    def load_lines(*lines: str) -> list[str]:
        file = tmp_path / "etl.py"
        file.write_text(HEAD + textwrap.indent("\n".join(lines), "    "), encoding="utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            bag = load_dag_bag(str(file))
        assert bag.import_errors == {}
        return [str(item.message) for item in caught if issubclass(item.category, SpecWarning)]

    return load_lines


@pytest.mark.parametrize("policy", ["off", "warn", "error"])
def test_an_executor_that_no_worker_knows_is_reported(
    site: Callable[..., None], load: Callable[..., list[str]], policy: str
) -> None:
    """With what to change, and what happens until then; whatever the policy is."""
    site(policy=policy)
    assert load(NAMED) == [TOLD + MENDED]
    site(policy=policy, amend_pods="False")
    assert load(NAMED) == [TOLD]


def test_one_warning_is_for_the_whole_dag(site: Callable[..., None], load: Callable[..., list[str]]) -> None:
    """Airflow refuses the DAG, whichever of its tasks a worker is to run."""
    site("KubernetesExecutor,LocalExecutor")
    told = load(
        "task(task_id='other')(run)()", NAMED, "task(executor='KubernetesExecutor', task_id='more')(run)()"
    )
    assert [text.partition(":")[0] for text in told] == ["task 'run' of DAG 'etl'"]


def test_a_worker_of_another_task_does_not_know_it_either(
    site: Callable[..., None], load: Callable[..., list[str]]
) -> None:
    """The task that names an executor may itself have no pod."""
    site("KubernetesExecutor,CeleryExecutor")
    (told,) = load("k8s_task(cpu=1, task_id='other')(run)()", "task(executor='CeleryExecutor')(run)()")
    assert "executor='CeleryExecutor' is unknown in a worker pod" in told
    site("KubernetesExecutor,CeleryExecutor", executor="KubernetesExecutor")
    assert load("task(executor='CeleryExecutor')(run)()") == []


NO_TROUBLE = [
    (SEVERAL, SEVERAL, NAMED),
    (SEVERAL, None, NAMED),
    (SEVERAL, "KubernetesExecutor", NAMED),
    (SEVERAL, "LocalExecutor", "task(executor='LocalExecutor')(run)()"),
    (SEVERAL, "LocalExecutor", "task(run)()"),
    (
        "LocalExecutor,k8s:acme.FastKubernetesExecutor",
        "k8s:acme.FastKubernetesExecutor",
        "task(executor='acme.FastKubernetesExecutor')(run)()",
    ),
    (
        SEVERAL,
        "LocalExecutor",
        f"k8s_task(executor='KubernetesExecutor', env_vars={{{OPTION!r}: {SEVERAL!r}}})(run)()",
    ),
]


@pytest.mark.parametrize(("executors", "worker", "line"), NO_TROUBLE)
def test_where_workers_know_what_tasks_name_there_is_no_warning(
    site: Callable[..., None], load: Callable[..., list[str]], executors: str, worker: str | None, line: str
) -> None:
    """Nor where the template leaves it to the image, or nothing is named."""
    site(executors, worker)
    assert load(line) == []


def test_a_routed_task_is_no_trouble(site: Callable[..., None], load: Callable[..., list[str]]) -> None:
    """Airflow looks at the executors of a DAG before it calls the policies, which route its tasks."""
    site(executor="KubernetesExecutor")
    assert load("k8s_task(cpu=1)(run)()") == []


def test_lint_reports_it(
    site: Callable[..., None], load: Callable[..., list[str]], tmp_path: Path, capsys: Any
) -> None:
    """As a warning at the line of the task."""
    site()
    load(NAMED)
    assert main(["lint", "-o", "json", str(tmp_path / "etl.py")]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["level"], report["line"]) == ("warning", 10)
    assert f"task 'run' of DAG 'etl': {report['problem']}" == TOLD + MENDED
    assert report["task"] == "etl.run"


@pytest.mark.parametrize("switch", ["True", "False"])
def test_doctor_reports_a_template_of_one_executor(
    site: Callable[..., None], capsys: Any, switch: str
) -> None:
    """Where there are several; it is wrong where nothing sets the variable in the pods that need another."""
    site(amend_pods=switch)
    code = main(["doctor", "-o", "json"])
    output = capsys.readouterr()
    facts = {fact["what"]: fact for fact in json.loads(output.out)}
    fact = facts["executors of workers"]
    assert fact["value"] == "LocalExecutor"
    assert (
        "a task names KubernetesExecutor cannot be loaded by its workers" in fact["warning"] + fact["remedy"]
    )
    assert bool(fact["warning"]) is (switch == "True")
    assert code == (0 if switch == "True" else 1)
    site("KubernetesExecutor")
    main(["doctor", "-o", "json"])
    assert "executors of workers" not in capsys.readouterr().out
