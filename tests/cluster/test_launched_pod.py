"""The Pod tab shows the pod of a try as it is on the cluster, while it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from judges import TEMPLATE

from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.executor_pod import Run, render_pod
from airflow_provider_k8sexec.ui.pods import LAUNCHED, RECORDED, load_pod
from airflow_provider_k8sexec.ui.sources import show_path
from airflow_provider_k8sexec.ui.subject import Subject, Try

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cluster

SUBJECT = Subject("a_dag", "a_task", run_id="manual__2026-01-01T00:00:00+00:00")
CONFIG = dict(k8s_config(cpu=0.5, memory="1Gi", env_vars={"DB_PASSWORD": "in-clear", "MODE": "daily"}))


@pytest.fixture
def launched(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Launch the first try's pod as the executor would, and give the cluster's pod."""
    import yaml
    from kubernetes.client import CoreV1Api

    template = tmp_path / "template.yaml"
    template.write_text(yaml.safe_dump(TEMPLATE), encoding="utf-8")
    for option, value in {
        "CORE__EXECUTOR": "KubernetesExecutor",
        "KUBERNETES_EXECUTOR__IN_CLUSTER": "False",
        "KUBERNETES_EXECUTOR__CONFIG_FILE": cluster.kubeconfig,
        "KUBERNETES_EXECUTOR__NAMESPACE": namespace,
        "KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(template),
        "KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY": "registry.example.com/airflow",
        "KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG": "of-then",
    }.items():
        monkeypatch.setenv(f"AIRFLOW__{option}", value)
    pod = render_pod("a_dag", "a_task", CONFIG, 1, Run(SUBJECT.run_id))
    created = CoreV1Api(cluster.client).create_namespaced_pod(namespace, pod)
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG", "of-today")
    return cluster.client.sanitize_for_serialization(created)


def test_a_pod_that_is_there_is_shown_as_it_was_launched(launched: Any) -> None:
    """The image is that of the launch, not that of today, and what the server has set is told."""
    shown = load_pod(SUBJECT, Try(1, CONFIG, (1, 2), "running"))
    assert shown.kind == LAUNCHED
    worker, *_ = shown.manifest["spec"]["containers"]
    assert worker["image"] == "registry.example.com/airflow:of-then"
    assert worker["resources"] == launched["spec"]["containers"][0]["resources"]
    assert shown.manifest["metadata"]["name"] == launched["metadata"]["name"]
    assert set(shown.manifest) == {"apiVersion", "kind", "metadata", "spec"}
    assert "in-clear" not in str(shown.manifest)
    sources = {show_path(path): source for path, source in shown.sources.items()}
    assert sources["spec.containers[base].resources.limits.cpu"] == "the task", "the server writes 500m"
    assert sources["spec.dnsPolicy"] == "a hook, or the cluster"


@pytest.mark.usefixtures("launched")
def test_another_try_is_not_shown_as_that_pod() -> None:
    """Each try has its own pod: the second one's is not on the cluster, and what it was given is shown."""
    shown = load_pod(SUBJECT, Try(2, CONFIG, (1, 2), "failed"))
    assert shown.kind == RECORDED
    assert shown.manifest["spec"]["containers"][0]["image"] == "registry.example.com/airflow:of-today"


@pytest.mark.usefixtures("launched")
def test_without_a_cluster_there_is_still_a_pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the cluster cannot be asked, the page shows what the try was given."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(tmp_path / "missing"))
    assert load_pod(SUBJECT, Try(1, CONFIG, (1,), "running")).kind == RECORDED
