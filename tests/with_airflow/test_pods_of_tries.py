"""The pod that the tab shows of a try, whatever an author has put into the task's ``executor_config``."""

from __future__ import annotations

import pytest
from airflow_lines import HELM_TEMPLATE
from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec

from airflow_provider_k8sexec.ui.page import build_lines, list_resources, list_secrets
from airflow_provider_k8sexec.ui.pods import choose_pod, merge_pod
from airflow_provider_k8sexec.ui.subject import Subject, Try

SUBJECT = Subject("a_dag", "a_task")
BASE = V1PodSpec(containers=[V1Container(name="base")])


def pod(**annotations):
    """Make an override of one container, with annotations."""
    return V1Pod(metadata=V1ObjectMeta(annotations=annotations), spec=BASE)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"k8sexec": "x"},
        {"k8sexec": {"layers": ["x"]}, "pod_override": pod()},
        {"k8sexec": {"layers": {"spec.containers[base].image": 7}}, "pod_override": pod()},
        {"pod_override": "x"},
        {"pod_override": {"spec": {"containers": [{"env": ["x"]}], "volumes": "x"}}},
        {"pod_override": V1Pod()},
        {"pod_override": pod(**{"k8sexec/per-try": '{"memory": [["1Gi", "1Gi"], ["2Gi", "2Gi"]]}'})},
        {"pod_override": pod(**{"k8sexec/per-try": '{"memory": 7}'})},
        {"pod_override": pod(**{"k8sexec/per-try": "["})},
        {"pod_template_file": 7},
        {"KubernetesExecutor": {"request_memory": "1Gi"}},
    ],
    ids=str,
)
def test_whatever_a_task_has_asked_for_there_is_a_page(config, monkeypatch):
    """A config that Airflow would fail on has its problem on the page; none takes the page away."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(HELM_TEMPLATE))
    found = choose_pod(merge_pod(SUBJECT, Try(2, config, (1, 2))), None)
    assert build_lines(found.manifest, found.shown, found.sources)
    assert list_resources(found.manifest, found.sources)
    assert list_secrets(found.manifest, found.sources) or found.problem


def test_where_the_merge_fails_its_reason_is_told(monkeypatch, tmp_path):
    """The page has what the task itself asks for, and says which template could not be read."""
    missing = tmp_path / "missing.yaml"
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(missing))
    merged = merge_pod(SUBJECT, Try(1, {"pod_override": pod(note="mine")}, (1,)))
    assert str(missing) in merged.problem
    assert merged.namespace == "default"
    assert choose_pod(merged, None).shown["metadata"]["annotations"] == {"note": "mine"}
