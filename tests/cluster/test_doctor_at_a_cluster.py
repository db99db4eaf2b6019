"""``k8sexec doctor`` where a cluster is at hand: its version, and what the site's pods have that it lacks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from kubernetes.config import kube_config

from airflow_provider_k8sexec import DeploymentHook
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cluster

TEMPLATE = """
spec:
  restartPolicy: Never
  resources: {limits: {cpu: 2}}
  containers: [{name: base, image: 'airflow:3', lifecycle: {stopSignal: SIGINT}}]
"""
PROFILES = """
gpu:
  sidecars: [{name: proxy, image: 'proxy:1'}]
"""


@pytest.fixture
def report(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, configure: Any
) -> Any:
    """Set a site up whose template and profile have what came later, and run the command at its cluster."""
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "profiles.yaml").write_text(PROFILES)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(tmp_path / "template.yaml"))
    # The client reads KUBECONFIG when it is imported.
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", cluster.kubeconfig)
    configure(profiles_file=str(tmp_path / "profiles.yaml"), release_name="photon")

    def run() -> tuple[int, dict[str, dict[str, str]]]:
        forget_context()
        code = main(["doctor", "-o", "json"])
        return code, {fact["what"]: fact for fact in json.loads(capsys.readouterr().out)}

    return run


def test_what_the_cluster_is_too_old_for_is_named_in_the_sites_words(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform team reads it before any task is launched; each version is that of a real server."""
    monkeypatch.setattr(DeploymentHook, "read_version", lambda _: (1, 33))
    code, facts = report()
    assert (code, facts["Kubernetes"]["value"], facts["Kubernetes"]["remedy"]) == (0, "1.33", "")
    on_resources, on_signal = facts["feature gates"]["value"].splitlines()
    assert on_resources == (
        "template['spec']['resources'] needs the feature gate PodLevelResources, which is off by default in "
        "Kubernetes 1.33; switch that on; or upgrade the cluster to Kubernetes 1.34, or remove it."
    )
    assert on_signal.startswith(
        "template['spec']['containers'][0]['lifecycle']['stopSignal'] needs the feature "
    )


def test_the_version_of_a_real_server_is_a_fact(report: Any, cluster: Cluster) -> None:
    """An old server lacks what the template and the profile have; a new one takes them."""
    server = DeploymentHook(None, kubernetes_conn_id=None, config_file=cluster.kubeconfig).read_version()
    code, facts = report()
    assert server is not None
    assert facts["Kubernetes"]["value"] == f"1.{server[1]}"
    lacking = facts["Kubernetes"]["remedy"]
    assert ("profile 'gpu': sidecars[0]" in lacking) == (server < (1, 28))
    assert ("template['spec']['resources'] needs Kubernetes 1.34" in lacking) == (server < (1, 32))
    assert code == (1 if lacking else 0)
