"""``k8sexec lint --target kubernetes-client-37``: what becomes an exception with that client, without it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from pathlib import Path

DAG_FILE = """\
import pendulum
from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import k8s_task

AMOUNTS = {"cpu": 2}

def pod(**resources):
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[
        k8s.V1Container(name="base", resources=k8s.V1ResourceRequirements(**resources)),
    ]))}

with DAG("planned", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    BashOperator(task_id="by_name", bash_command="true", executor_config=pod(limits=AMOUNTS))
    BashOperator(task_id="right", bash_command="true", executor_config=pod(limits={"cpu": "2"}))

    @k8s_task(pod_override=k8s.V1Pod(spec=k8s.V1PodSpec(containers=[
        k8s.V1Container(
            name="base",
            resources=k8s.V1ResourceRequirements(limits={"cpu": 1}),
            env=[k8s.V1EnvVar(name="TRIES", value=3)],
        )
    ])))
    def with_options(): ...

    @k8s_task(security_context=k8s.V1PodSecurityContext(run_as_user=50000), memory="1Gi")
    def with_right_options(): ...

    with_options()
    with_right_options()
"""


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command on the file, and give its code and what it reports: line, task and problem."""
    template = tmp_path / "template.yaml"
    template.write_text("spec: {restartPolicy: Never, containers: [{name: base, image: 'airflow:3'}]}")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    file = tmp_path / "planned.py"
    # Airflow 2 has operators in another place.
    old, new = "airflow.providers.standard.operators.bash", "airflow.operators.bash"
    file.write_text(DAG_FILE.replace(old, new) if is_airflow_2() else DAG_FILE, encoding="utf-8")

    def run(*arguments: str) -> tuple[int, set[tuple[int, str, str]]]:
        capsys.readouterr()
        code = main(["lint", str(file), "-o", "json", *arguments])
        reports = json.loads(capsys.readouterr().out)
        return code, {(item["line"], item["task"], item["problem"]) for item in reports}

    return run


def is_airflow_2() -> bool:
    """Report whether Airflow is of the older line."""
    from airflow_provider_k8sexec._compat import airflow_version

    return airflow_version.startswith("2.")


def test_each_value_that_becomes_an_exception_is_named_once(lint: Any) -> None:
    """What the source shows, at its line; what only the object shows, at its task, by its path."""
    code, reported = lint("--target", "kubernetes-client-37")
    reason = "is refused by the kubernetes client 37, which takes a string; write"
    by_target = {item for item in reported if "client 37" in item[2]}
    assert code == 1
    limits = "pod_override['spec']['containers'][0]['resources']['limits']['cpu']"
    assert by_target == {
        (15, "planned.by_name", f"{limits}=2 {reason} '2'."),
        (21, "", f"V1ResourceRequirements(limits)['cpu']=1 {reason} '1'."),
        (22, "", f"V1EnvVar(value)=3 {reason} '3'."),
    }


def test_a_pod_template_is_read_by_that_client_too(
    lint: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executor makes models of it; its values are not shown."""
    template = tmp_path / "numbers.yaml"
    resources = "{limits: {cpu: 2}}"
    template.write_text(
        "spec: {restartPolicy: Never, containers: [{name: base, image: 'airflow:3', "
        f"resources: {resources}, env: [{{name: A, value: 8793}}]}}]}}"
    )
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    _, reported = lint("--target", "kubernetes-client-37")
    reason = "is refused by the kubernetes client 37, which takes a string; write it in quotes."
    worker = "template['spec']['containers'][0]"
    assert {problem for _, _, problem in reported if problem.startswith("template")} == {
        f"{worker}['resources']['limits']['cpu'] {reason}",
        f"{worker}['env'][0]['value'] {reason}",
    }


def test_without_the_target_amounts_may_be_numbers(lint: Any) -> None:
    """The client of today casts them, and so does Kubernetes."""
    _, reported = lint()
    assert [item for item in reported if "client 37" in item[2] or "cpu" in item[2]] == []
