"""A part of a task's merged pod goes by what its author calls it, or by who set it."""

from __future__ import annotations

import ast
import json
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_k8sexec import EmptyDir, K8sExecError, k8s_config
from airflow_provider_k8sexec.cli.task_pod import TaskPod
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator

VERDICTS = Path(__file__).parents[1] / "support/verdicts-1.36.jsonl"
DEPLOYMENT = Deployment(release="infrared-photon-7780", secret_name="infrared-photon-7780-env")
MANY = 60
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {
        "containers": [{"name": "base", "image": "airflow:3", "env": [{"name": "SITE", "value": "x"}]}],
        "volumes": [{"name": "logs", "emptyDir": {"sizeLimit": "1Gi"}}],
        "restartPolicy": "Never",
    },
}


@pytest.fixture(autouse=True)
def _site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set a site up that has a pod template."""
    template = tmp_path / "template.yaml"
    template.write_text(yaml.safe_dump(TEMPLATE))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    forget_context()
    yield
    forget_context()


def load(executor_config: Any) -> TaskPod:
    """Merge the pod of a task."""
    return TaskPod.load(SimpleNamespace(dag_id="dag", task_id="task", executor_config=executor_config))


NAMES = [
    ({"memory": "1Gi"}, "spec.containers[0].resources.limits.memory", "memory"),
    ({"memory": "1Gi", "cpu": 1}, "spec.containers[0].resources.requests", "cpu and memory"),
    ({"gpu": 1}, "spec.containers[0].resources.limits[nvidia.com/gpu]", "gpu"),
    ({"env_vars": {"A": "1"}}, "spec.containers[0].env[2].value", "env_vars['A']"),
    ({"volumes": {"/d": EmptyDir("1Gi")}}, "spec.volumes[1].emptyDir.sizeLimit", "volumes['/d'].size"),
    ({"labels": {"a.b/c": "1"}}, "metadata.labels[a.b/c]", "labels['a.b/c']"),
    (
        {"pod_override": {"spec": {"hostUsers": True}}},
        "spec.hostUsers",
        "pod_override['spec']['hostUsers']",
    ),
    ({}, "spec.containers[0].image", "the pod template: spec.containers[0].image"),
    ({}, "spec.volumes[0].emptyDir", "the pod template: spec.volumes[0].emptyDir"),
    ({}, "metadata.labels[airflow-worker]", "the executor: metadata.labels.airflow-worker"),
    ({}, "spec.containers[0].lifecycle.stopSignal", "spec.containers[0].lifecycle.stopSignal"),
    ({}, "spec.containers[7].image", "spec.containers[7].image"),
    ({}, "pod", "pod"),
]


@pytest.mark.parametrize(("options", "field", "name"), NAMES)
def test_a_servers_path_is_written_as_the_parts_author_would(
    options: dict[str, Any], field: str, name: str
) -> None:
    """The author finds it in the DAG file, and what is not the author's goes by who set it."""
    pod = load(k8s_config(**options) if options else {})
    assert pod.name_path(pod.parse_field(field)) == name


def test_only_what_the_task_requests_is_its_own() -> None:
    """A value of the template is not shown."""
    pod = load(k8s_config(memory="1Gi"))
    assert pod.is_own(pod.parse_field("spec.containers[0].resources.limits.memory"))
    assert not pod.is_own(pod.parse_field("spec.volumes[0].emptyDir.sizeLimit"))


def test_the_fields_of_recorded_refusals_have_their_authors_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a server of today finds wrong; a few are fields that are not set."""
    monkeypatch.delenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE")
    forget_context()
    _, *verdicts = map(json.loads, VERDICTS.read_text(encoding="utf-8").splitlines())
    named = []
    for verdict in verdicts[::4]:
        declaration, problems = parse_declaration(ast.literal_eval(verdict["options"]))
        with suppress(K8sExecError):  # the client's models refuse some before a server can
            if verdict.get("causes") and not problems:
                pod = load(ExecutorConfig.of(TaskRequest((), [("", declaration)], DEPLOYMENT)))
                named += [pod.name_path(pod.parse_field(cause["field"])) for cause in verdict["causes"]]
    assert len(named) > MANY
    assert all(named)
    assert sum(name.startswith(("spec.", "metadata.")) for name in named) < len(named) / 10
