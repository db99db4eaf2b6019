"""The API server takes what ``k8sexec template`` writes, as it stands and as Airflow launches from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.client import ApiException
from verdicts import Judges

from airflow_provider_k8sexec import ConfigMap, EmptyDir, HostPath, PersistentVolumeClaim, TemplateVolume
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.render.executor_pod import render_pod
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Cluster

CHART_MADE = Path(__file__).parents[1] / "support" / "pod_template.yaml"
VARIABLE = "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
OPTIONS = {
    "nothing": {},
    "resources": {"cpu": [0.1, 1], "memory": "512Mi", "gpu": 1, "ephemeral_storage": "1Gi"},
    "environment": {"secrets": ["TOKEN"], "env_vars": {"A": "b"}, "env_from": ["configmap/app"]},
    "volumes": {"shared_memory": "64Mi", "volumes": {"/all": {"projected": {"sources": []}}}},
    "scheduling": {
        "node_selector": {"disk": "ssd"},
        "tolerations": ["gpu=true:NoSchedule"],
        "termination_grace_period_seconds": 0,
    },
    "identity": {
        "automount_service_account_token": False,
        "security_context": {"runAsUser": 50000},
        "image_pull_secrets": ["registry"],
        "labels": {"team": "data"},
        "annotations": {"example.com/egress": "api.example.com"},
    },
    "other containers": {
        "init_containers": [{"name": "fetch", "image": "busybox:1.37"}],
        "sidecars": [{"name": "proxy", "image": "proxy:1"}],
    },
}


@pytest.fixture
def write(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Path]:
    """Write a template at a site with some pod options, and give its path."""

    def run(options: object, *arguments: str) -> Path:
        configure(pod_options=json.dumps(options))
        assert main(["template", *arguments]) == 0
        path = tmp_path / "written.yaml"
        path.write_text(capsys.readouterr().out, encoding="utf-8")
        return path

    return run


BASES = {"minimal": ["--image", "apache/airflow:3.3.2"], "made by a chart": ["--from", str(CHART_MADE)]}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("base", BASES.values(), ids=BASES)
def test_the_server_takes_the_template(
    cluster: Cluster, namespace: str, write: Callable[..., Path], base: list[str], options: object
) -> None:
    """A template that is written is a pod that could be created."""
    cluster.ask(yaml.safe_load(write(options, *base).read_text()), namespace)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_server_takes_what_airflow_launches_from_the_template(
    cluster: Cluster,
    namespace: str,
    write: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    options: object,
) -> None:
    """A plain task's pod, merged by Airflow over the template, could be created."""
    monkeypatch.setenv(VARIABLE, str(write(options, *BASES["made by a chart"])))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", namespace)
    forget_context()
    cluster.ask(render_pod("a_dag", "a_task", None), namespace)


LAKE = {"name": "lake", "persistentVolumeClaim": {"claimName": "lake"}}
VOLUMES: dict[str, dict[str, Any]] = {
    "one claim at several paths": {
        "/data/in": PersistentVolumeClaim("lake", read_only=True),
        "/data/out": PersistentVolumeClaim("lake", sub_path="out"),
        "/data/team": PersistentVolumeClaim("lake", sub_path_expr="$(TEAM)/$(POD_NAME)"),
        "/data/all": {"persistentVolumeClaim": {"claimName": "lake", "readOnly": True}},
    },
    "equal sources": {
        "/etc/app": ConfigMap("app"),
        "/etc/app.toml": ConfigMap("app", sub_path="app.toml"),
        "/mnt/a": HostPath("/mnt", read_only=True),
        "/mnt/b": HostPath("/mnt", sub_path_expr="$(TEAM)"),
        "/scratch/a": EmptyDir(),
        "/scratch/b": EmptyDir(),
    },
    "volumes of the template": {
        "/work": TemplateVolume("logs", sub_path="work"),
        "/logs": TemplateVolume("logs", read_only=True),
        "/team": TemplateVolume("lake", sub_path_expr="$(TEAM)"),
    },
}
ENV = {"TEAM": "etl", "POD_NAME": {"fieldRef": {"fieldPath": "metadata.name"}}, "HOME_OF": "/home/$(TEAM)"}


@pytest.fixture
def judges(cluster: Cluster, namespace: str) -> Judges:
    """Give the server, and a template with volumes of its own."""
    template = yaml.safe_load(CHART_MADE.read_text(encoding="utf-8"))
    template["spec"]["volumes"].append(LAKE)
    template["spec"]["serviceAccountName"] = "default"
    return Judges(cluster.client, namespace, template)


@pytest.mark.parametrize("volumes", VOLUMES.values(), ids=VOLUMES)
def test_the_server_takes_one_volume_with_several_mounts(judges: Judges, volumes: dict[str, Any]) -> None:
    """What is built of equal sources, and mounts of the template's own volumes, arrive as they are."""
    judged = judges.validate({"volumes": volumes, "env_vars": ENV})
    assert (judged.problems, str(judged.answer), judged.lost) == ([], "accepted", [])


@pytest.mark.parametrize(
    "volumes",
    [
        {"/a": TemplateVolume("losg")},
        {"/a": TemplateVolume("logs", sub_path="a", sub_path_expr="$(TEAM)")},
        {"/a": TemplateVolume("logs", sub_path_expr="../$(TEAM)")},
        {"/a": TemplateVolume("")},
    ],
)
def test_the_server_refuses_what_the_rules_refuse(judges: Judges, volumes: dict[str, Any]) -> None:
    """A volume that is not there, two paths in it, and a path out of it, are the server's own mistakes."""
    declaration, _ = parse_declaration({"volumes": volumes, "env_vars": ENV})
    answer = judges.ask(judges.construct(build_requested_pod(declaration, Deployment()).pod))
    assert not answer.accepted


def test_the_server_refuses_a_name_of_two_kinds_of_containers(cluster: Cluster, namespace: str) -> None:
    """A regular container and an init container have different names, so the rules look into the template."""
    sidecar = {"name": "git-sync", "image": "a:1"}
    spec = {"containers": [{"name": "base", "image": "a:1"}, sidecar], "initContainers": [sidecar]}
    with pytest.raises(ApiException, match="Duplicate value"):
        cluster.ask({"metadata": {"name": "a"}, "spec": spec}, namespace)


def test_the_server_can_refuse_a_template(cluster: Cluster, namespace: str) -> None:
    """A template that the command would not write is refused: the tests above can fail."""
    pod = {"spec": {"containers": [{"name": "base"}], "restartPolicy": "Never"}, "metadata": {"name": "a"}}
    with pytest.raises(ApiException, match="image: Required value"):
        cluster.ask(pod, namespace)
