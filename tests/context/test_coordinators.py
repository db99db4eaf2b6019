"""Coordinators of queues (Airflow 3.3), whose template and image the executor takes."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec._compat import airflow_version, load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context.coordinators import Coordinator, find_coordinator
from airflow_provider_k8sexec.site_policy.validate import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HAS_COORDINATORS = not airflow_version.startswith(("2.", "3.0.", "3.1.", "3.2."))
only_where_there_are = pytest.mark.skipif(not HAS_COORDINATORS, reason="coordinators came with Airflow 3.3")
IMAGE = {"worker_container_repository": "acme/java", "worker_container_tag": "17"}
DAG_FILE = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task

def run(): ...

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    k8s_task(cpu=1, queue="java", pod_template_file="{own}")(run)()
"""


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Write the pod templates of the site, of a coordinator and of a task, and give their paths."""
    paths = {}
    for name in ("site", "java", "own"):
        worker = {"name": "base", "image": f"of-{name}:1", "env": [{"name": "OF", "value": name}]}
        pod = {
            "metadata": {"labels": {"of": name}},
            "spec": {"restartPolicy": "Never", "containers": [worker]},
        }
        (tmp_path / f"{name}.yaml").write_text(json.dumps(pod), encoding="utf-8")
        paths[name] = str(tmp_path / f"{name}.yaml")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", paths["site"])
    return paths


@pytest.fixture
def coordinate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Give a way to set the coordinator of queue ``java``."""
    if HAS_COORDINATORS:
        from airflow.sdk.execution_time.coordinator import reset_coordinator_manager
    else:
        reset_coordinator_manager = lambda: None  # noqa: E731  # there is none

    def set_coordinator(key: str = "jdk", **extra: Any) -> None:
        coordinators = {"jdk": {"classpath": "acme.Java", "kwargs": {}, "extra": extra}}
        monkeypatch.setenv("AIRFLOW__SDK__COORDINATORS", json.dumps(coordinators))
        monkeypatch.setenv("AIRFLOW__SDK__QUEUE_TO_COORDINATOR", json.dumps({"java": key}))
        reset_coordinator_manager()

    yield set_coordinator
    monkeypatch.undo()
    reset_coordinator_manager()


def task_with(**options: Any) -> Any:
    """Make what the rules look at of a task in that queue."""
    config = k8s_config(**options)
    return SimpleNamespace(dag_id="etl", task_id="run", executor=None, queue="java", executor_config=config)


@only_where_there_are
def test_a_queue_has_the_coordinator_that_airflow_finds(coordinate: Callable[..., None]) -> None:
    """With its template, and its image if that is complete."""
    coordinate(pod_template_file="/java.yaml", **IMAGE)
    assert find_coordinator("java") == Coordinator("jdk", "java", "/java.yaml", "acme/java:17")
    assert find_coordinator("default") is None
    assert find_coordinator(None) is None
    coordinate(worker_container_tag="17")
    assert find_coordinator("java") == Coordinator("jdk", "java")
    coordinate(key="nowhere", pod_template_file="/java.yaml")
    assert find_coordinator("java") is None  # Airflow logs a warning, and goes on without


@pytest.mark.skipif(HAS_COORDINATORS, reason="of the lines before")
def test_an_older_airflow_has_none(coordinate: Callable[..., None]) -> None:
    """Whatever is configured."""
    coordinate(pod_template_file="/java.yaml")
    assert find_coordinator("java") is None


@only_where_there_are
def test_a_template_that_is_not_read_is_reported(
    coordinate: Callable[..., None], templates: dict[str, str]
) -> None:
    """With the coordinator that wins, and what to change; not where the task has no template of its own."""
    coordinate(pod_template_file=templates["java"])
    (problem,) = validate(task_with(pod_template_file=templates["own"])).warnings
    reason = f"the coordinator 'jdk' of queue 'java' has the template '{templates['java']}'"
    assert str(problem) == (
        f"pod_template_file='{templates['own']}' is not read, because {reason}; "
        "remove it, or write a queue without a coordinator."
    )
    assert validate(task_with(cpu=1)).warnings == []


@only_where_there_are
def test_an_image_that_is_replaced_is_reported(
    coordinate: Callable[..., None], templates: dict[str, str]
) -> None:
    """That of a task's template loses to the coordinator's; the option ``image`` does not."""
    coordinate(**IMAGE)
    (problem,) = validate(task_with(pod_template_file=templates["own"])).warnings
    assert "has an image that is replaced by 'acme/java:17' of the coordinator 'jdk'" in str(problem)
    assert str(problem).endswith("write image='of-own:1'.")
    assert validate(task_with(pod_template_file=templates["own"], image="of-own:1")).warnings == []


@only_where_there_are
def test_the_commands_show_the_pod_as_the_executor_makes_it(
    coordinate: Callable[..., None],
    templates: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    configure: Callable[..., None],
) -> None:
    """On the template and the image of the coordinator; explain and lint say what has no effect."""
    configure(policy="off")
    coordinate(pod_template_file=templates["java"], **IMAGE)
    file = tmp_path / "etl.py"
    file.write_text(DAG_FILE.replace("{own}", templates["own"]), encoding="utf-8")
    assert load_dag_bag(str(file)).import_errors == {}
    assert main(["render", "--show-template-values", "-o", "json", str(file)]) == 0
    (pod,) = json.loads(capsys.readouterr().out)
    assert pod["metadata"]["labels"]["of"] == "java"
    assert pod["spec"]["containers"][0]["image"] == "acme/java:17"
    assert main(["explain", "--task", "run", "-o", "json", str(file)]) == 0
    (explained,) = json.loads(capsys.readouterr().out)
    assert ["is not read" in text for text in explained["unused"]] == [True]
    assert main(["explain", "--task", "run", str(file)]) == 0
    assert "note: pod_template_file=" in capsys.readouterr().err
    assert main(["lint", "-o", "json", str(file)]) == 1
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["level"], "is not read" in report["problem"]) == ("warning", True)


@only_where_there_are
def test_the_executor_takes_template_and_image_of_the_coordinator(
    coordinate: Callable[..., None], templates: dict[str, str]
) -> None:
    """What this package assumes, asked of the executor's own methods."""
    from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor

    coordinate(pod_template_file=templates["java"], **IMAGE)
    executor = KubernetesExecutor()
    extra = executor._coordinator_extra("java")
    assert executor._coordinator_pod_template_file(extra) == templates["java"]
    assert executor._coordinator_kube_image(extra) == "acme/java:17"
    assert executor._coordinator_extra("default") is None
