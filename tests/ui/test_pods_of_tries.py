"""The pod that the tab shows of a try, whatever an author has put into the task's ``executor_config``."""

from __future__ import annotations

import json

import pytest
from airflow_lines import HELM_TEMPLATE
from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec._compat import load_kube_client
from airflow_provider_k8sexec.ui import cluster
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
    assert build_lines(found.manifest, found.shown, found.origins)
    assert list_resources(found.manifest, found.origins)
    assert list_secrets(found.manifest, found.origins) or found.problem


def test_the_steps_of_a_try_are_those_that_earlier_tries_have_led_to(monkeypatch):
    """Two OOMs of three tries, and a disruption: the page shows what the pod of the fourth has."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(HELM_TEMPLATE))
    config = k8s_config(
        memory=per_try("1Gi", "2Gi", "4Gi", after="oom"),
        cpu=per_try(1, 2),
        priority_class_name=per_try("low", "high", after="disruption"),
    )
    for ended, expected in (({}, ("1Gi", "2", "low")), ({"oom": 2, "disruption": 1}, ("4Gi", "2", "high"))):
        spec = merge_pod(SUBJECT, Try(4, config, (1, 2, 3, 4), ended=ended)).manifest["spec"]
        limits = spec["containers"][0]["resources"]["limits"]
        assert (limits["memory"], limits["cpu"], spec["priorityClassName"]) == expected


def test_where_the_merge_fails_its_reason_is_told(monkeypatch, tmp_path):
    """The page has what the task itself asks for, and says which template could not be read."""
    missing = tmp_path / "missing.yaml"
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(missing))
    merged = merge_pod(SUBJECT, Try(1, {"pod_override": pod(note="mine")}, (1,)))
    assert str(missing) in merged.problem
    assert merged.namespace == "default"
    assert choose_pod(merged, None).shown["metadata"]["annotations"] == {"note": "mine"}


def test_the_worker_has_the_executors_that_tasks_of_its_dag_name(configure, monkeypatch, tmp_path):
    """As the pod mutation hook sets them where the template has fewer."""
    name, several = "AIRFLOW__CORE__EXECUTOR", "LocalExecutor,KubernetesExecutor"
    worker = {"name": "base", "image": "airflow:3", "env": [{"name": name, "value": "LocalExecutor"}]}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"spec": {"containers": [worker]}}))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    monkeypatch.setenv(name, several)
    configure()
    for named, expected in ((frozenset(), "LocalExecutor"), (frozenset({"KubernetesExecutor"}), several)):
        merged = merge_pod(SUBJECT, Try(1, {}, (1,), named_executors=named))
        env = merged.manifest["spec"]["containers"][0]["env"]
        assert [item["value"] for item in env if item["name"] == name] == [expected]


RUN = Subject("a_dag", "a_task", run_id="a_run", map_index=3)
OURS = Try(2, {}, (1, 2), "running", hostname="", schedulers=frozenset({"7", "8"}))


def launched(name, created, labels=None, **annotations):
    """Make a pod of the try above, as the server lists it, but for what is given."""
    identity = {
        "dag_id": "a_dag",
        "task_id": "a_task",
        "run_id": "a_run",
        "try_number": "2",
        "map_index": "3",
    }
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": f"2026-01-01T00:00:0{created}Z",
            "labels": {"airflow-worker": "7", **(labels or {})},
            "annotations": {key: value for key, value in {**identity, **annotations}.items() if value},
        }
    }


@pytest.mark.parametrize(
    "other",
    [
        launched("other", 9, dag_id="another"),
        launched("other", 9, task_id="another"),
        launched("other", 9, run_id="another"),
        launched("other", 9, try_number="1"),
        launched("other", 9, map_index="4"),
        launched("other", 9, map_index=""),
        launched("other", 9, {"airflow-worker": "9"}),
        launched("other", 9, {"release": "theirs"}),
        {"metadata": {"name": "other", "creationTimestamp": "2026-01-01T00:00:09Z"}},
    ],
    ids=lambda other: str(other["metadata"].get("labels")) + str(other["metadata"].get("annotations")),
)
def test_only_a_pod_of_the_very_try_and_of_this_installation_is_shown(other):
    """A newer pod of another task, run, index, try, scheduler or release is not taken for it."""
    own = launched("own", 1, {"release": "ours"})
    assert cluster.find_pod_of_try([own, other], RUN, OURS, "ours") is own
    assert cluster.find_pod_of_try([other], RUN, OURS, "ours") is None


def test_what_is_not_known_of_an_installation_excludes_no_pod():
    """Without a release's label, or any scheduler's job, the annotations decide alone."""
    own = launched("own", 1)
    assert cluster.find_pod_of_try([own], RUN, OURS, "ours") is own
    assert cluster.find_pod_of_try([launched("own", 1, {"release": "x"})], RUN, OURS, None)
    assert cluster.find_pod_of_try([own], RUN, Try(2, {}, (2,), "running"), None) is own


def test_the_client_is_the_executors_own_and_the_teams(monkeypatch):
    """Where the provider knows client_factory and teams, so does the tab; older providers know less."""
    module = "airflow.providers.cncf.kubernetes.kube_client"
    monkeypatch.setattr(
        f"{module}._get_executor_kube_client", lambda team_name=None: team_name, raising=False
    )
    assert (load_kube_client("blue"), load_kube_client()) == ("blue", None)
    monkeypatch.setattr(f"{module}._get_executor_kube_client", lambda: "for all", raising=False)
    assert load_kube_client("blue") == "for all"
    monkeypatch.delattr(f"{module}._get_executor_kube_client")
    monkeypatch.setattr(f"{module}.get_kube_client", lambda: "as before")
    assert load_kube_client("blue") == "as before"
