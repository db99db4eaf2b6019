"""Each part of the package can be switched off."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from airflow_lines import HAS_POD_TAB
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import k8s_config, plugin
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.launch import hook as launch
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.usage import report as usage_report


@pytest.fixture
def off(configure: Any) -> Any:
    """Give a way to switch parts off."""
    return lambda option: configure(**{option: "False"})


def test_a_pod_is_launched_as_airflow_has_merged_it_without_amendments(off: Any) -> None:
    """The hook changes nothing of a pod, neither before other hooks nor after them."""
    twice = [k8s.V1EnvVar(name="A", value="1"), k8s.V1EnvVar(name="A", value="2")]
    labels, annotations = {"airflow-worker": "1"}, {"dag_id": "d", "task_id": "t", "try_number": "1"}
    spec = k8s.V1PodSpec(containers=[k8s.V1Container(name="base", env=twice)])
    pod = k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels=labels, annotations=annotations), spec=spec)
    off("amend_pods")
    launch.end_launch(pod, launch.begin_launch(pod))
    assert pod.spec.containers[0].env == twice


def test_no_usage_is_reported(off: Any, configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker does not even look."""
    reported: list[object] = []
    monkeypatch.setattr(usage_report, "report_usage", lambda *of: reported.append(of))
    instance = SimpleNamespace(task=SimpleNamespace(executor_config=k8s_config(cpu=1)))
    off("report_usage")
    listeners.on_task_instance_success(instance)
    assert reported == []
    configure(report_usage=None)
    monkeypatch.setattr(usage_report, "report_usage", lambda *of: reported.append(of))
    listeners.on_task_instance_success(instance)
    assert len(reported) == 1


@pytest.mark.skipif(not HAS_POD_TAB, reason="the tab came with Airflow 3.1")
def test_there_is_no_pod_tab(off: Any, configure: Any) -> None:
    """The plugin registers neither the tab nor its pages."""
    off("pod_tab")
    without = importlib.reload(plugin).K8sExecPlugin
    assert (without.fastapi_apps, without.external_views) == ([], [])
    configure(pod_tab=None)
    assert len(importlib.reload(plugin).K8sExecPlugin.external_views) == 2


def test_what_is_neither_true_nor_false_is_true_and_stops_nobody(
    configure: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """A scheduler does not end because of a typing error in an option; the log names it."""
    configure(watch_pods="perhaps")
    assert load_context().is_on("watch_pods")
    assert "[k8sexec] watch_pods is neither True nor False" in caplog.text
