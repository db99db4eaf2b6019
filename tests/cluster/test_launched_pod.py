"""The Pod tab shows the pod of a try as it is on the cluster, while it is there."""

from __future__ import annotations

import asyncio
import copy
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from attrs import evolve
from verdicts import TEMPLATE

from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.launch import ended_pods
from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.pod.pod_try import PodTry
from airflow_provider_k8sexec.render.executor_pod import Run, render_pod
from airflow_provider_k8sexec.ui.cluster import GONE, SECONDS, SILENT, find_launched_pod
from airflow_provider_k8sexec.ui.pods import LAUNCHED, RECORDED, ShownPod, choose_pod, merge_pod
from airflow_provider_k8sexec.ui.subject import Subject, Try

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Cluster

SUBJECT = Subject("a_dag", "a_task", run_id="manual__2026-01-01T00:00:00+00:00")
CONFIG = dict(k8s_config(cpu=0.5, memory="1Gi", env_vars={"DB_PASSWORD": "in-clear", "MODE": "daily"}))
RUNNING = Try(1, CONFIG, (1, 2), "running")


@pytest.fixture
def launched(cluster: Cluster, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Launch the first try's pod as the executor would, and give the cluster's pod."""
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


def load_pod(subject: Subject, requested: Try) -> ShownPod:
    """Load the pod of a try, as the tab does."""
    merged = merge_pod(subject, requested)
    answer = asyncio.run(find_launched_pod(subject, requested, merged.namespace, merged.release))
    return choose_pod(merged, answer)


def name_of(shown: ShownPod) -> str:
    """Tell which pod is shown."""
    name: str = shown.manifest["metadata"]["name"]
    return name


def test_a_pod_that_is_there_is_shown_as_it_was_launched(launched: Any) -> None:
    """The image is that of the launch, not that of today, and what the server has set is told."""
    shown = load_pod(SUBJECT, RUNNING)
    assert shown.kind == LAUNCHED
    worker, *_ = shown.shown["spec"]["containers"]
    assert worker["image"] == "registry.example.com/airflow:of-then"
    assert worker["resources"] == launched["spec"]["containers"][0]["resources"]
    assert shown.shown["metadata"]["name"] == launched["metadata"]["name"]
    assert set(shown.shown) == {"apiVersion", "kind", "metadata", "spec"}
    of = launched["metadata"]
    assert shown.facts == {"Phase": "Pending", "Pod": of["name"], "Namespace": of["namespace"]}
    assert "in-clear" not in str(shown.shown)
    assert worker["args"] == ["<hidden>"]
    titles = {show_path(path): origins for path, origins in shown.origins.items()}
    assert titles["spec.containers[base].resources.limits.cpu"] == ("the task",), "the server writes 500m"
    assert titles["spec.dnsPolicy"] == ("a hook, or the cluster",)


@pytest.mark.usefixtures("launched")
def test_another_try_is_not_shown_as_that_pod() -> None:
    """Each try has its own pod: the second one's is not on the cluster, and what it was given is shown."""
    shown = load_pod(SUBJECT, Try(2, CONFIG, (1, 2), "failed"))
    assert shown.kind == RECORDED + GONE
    assert shown.manifest["spec"]["containers"][0]["image"] == "registry.example.com/airflow:of-today"


@pytest.mark.usefixtures("launched")
def test_without_a_cluster_there_is_still_a_pod(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the cluster cannot be asked, the page says so, and shows what the try was given."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(tmp_path / "missing"))
    assert load_pod(SUBJECT, RUNNING).kind == RECORDED + "the cluster could not be reached (ConfigException)."


@pytest.fixture
def create(cluster: Cluster, namespace: str, launched: Any) -> Any:
    """Give a way to create a pod like the launched one, but for some of its metadata."""
    from kubernetes.client import CoreV1Api

    def create_pod(name: str, **metadata: dict[str, str]) -> None:
        pod = {"spec": copy.deepcopy(launched["spec"]), "metadata": {"name": name}}
        for field in ("labels", "annotations"):
            pod["metadata"][field] = {**launched["metadata"][field], **metadata.get(field, {})}
        CoreV1Api(cluster.client).create_namespaced_pod(namespace, pod)

    return create_pod


def test_a_pod_whose_labels_alone_are_those_of_the_try_is_not_its_pod(create: Any, launched: Any) -> None:
    """Labels are shortened, so that another run's may be the same; annotations are whole."""
    time.sleep(1.1)  # creationTimestamp counts seconds
    create("another-run", annotations={"run_id": "another"})
    create("another-index", annotations={"map_index": "0"})
    assert name_of(load_pod(SUBJECT, RUNNING)) == launched["metadata"]["name"]


def test_of_two_pods_of_a_try_the_newest_is_shown_or_that_of_the_worker(create: Any, launched: Any) -> None:
    """A pod that was launched again is shown, unless the worker says that it ran in the other one."""
    time.sleep(1.1)
    create("a-newer-one")
    assert name_of(load_pod(SUBJECT, RUNNING)) == "a-newer-one"
    name = launched["metadata"]["name"]
    assert name_of(load_pod(SUBJECT, evolve(RUNNING, hostname=f"{name}.example.com"))) == name


def test_the_pod_of_another_installation_is_not_shown(
    create: Any, launched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where two share a namespace and ids, the pod is told by its scheduler's job and by its release."""
    ours = evolve(RUNNING, schedulers=frozenset({"0", "7"}))
    time.sleep(1.1)
    create("of-their-scheduler", labels={"airflow-worker": "8"})
    create("of-their-release", labels={"release": "another"})
    monkeypatch.setenv("AIRFLOW__K8SEXEC__RELEASE_NAME", "infrared-photon-7780")
    assert name_of(load_pod(SUBJECT, ours)) == launched["metadata"]["name"]
    assert load_pod(SUBJECT, evolve(ours, schedulers=frozenset({"9"}))).kind == RECORDED + GONE


@pytest.fixture
def silent_cluster(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Name a cluster that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        kubeconfig = {
            "clusters": [{"name": "c", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        (tmp_path / "silent").write_text(yaml.safe_dump(kubeconfig), encoding="utf-8")
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
        monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER", "False")
        monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(tmp_path / "silent"))
        monkeypatch.setenv(
            "AIRFLOW__KUBERNETES_EXECUTOR__API_CLIENT_RETRY_CONFIGURATION",
            '{"total": 10}',
        )
        yield


@pytest.mark.usefixtures("silent_cluster")
def test_a_silent_cluster_keeps_nobody_longer_than_four_seconds() -> None:
    """The wait is bounded as a whole, however often Airflow's client would try again; the page says so."""

    async def ask_often() -> list[Any]:
        asking = (find_launched_pod(SUBJECT, RUNNING, "default", None) for _ in range(40))
        most.append(0)
        gathered = asyncio.gather(*asking)
        while not gathered.done():
            own = [thread for thread in threading.enumerate() if thread.name == "k8sexec-cluster"]
            most[0] = max(most[0], len(own))
            await asyncio.sleep(0.05)
        return await gathered

    most: list[int] = []
    started = time.monotonic()
    answers = asyncio.run(ask_often())
    assert time.monotonic() - started < SECONDS + 1.5
    assert {(answer.pod, answer.reason) for answer in answers} == {(None, SILENT)}
    assert 0 < most[0] <= 8


def test_a_label_that_the_server_cannot_read_silences_it_for_no_other_task(cluster, launched, monkeypatch):
    """How the tries of a task with such a label ended is unknown; of others, the server is still asked."""
    from kubernetes.client import CoreV1Api

    monkeypatch.setattr(ended_pods, "_silent_until", 0.0)
    monkeypatch.setattr(ended_pods, "_client", lambda _: CoreV1Api(cluster.client))  # of any team
    tries = [PodTry("a_dag", "a_task", SUBJECT.run_id, -1, number) for number in (1, 2)]
    pods = []
    for label in ("no label, by an override", launched["metadata"]["labels"]["dag_id"]):
        pod = copy.deepcopy(launched)
        pod["metadata"]["labels"]["dag_id"] = label
        pods.append(pod)
    assert ended_pods.find_ends(pods[0], tries) == []
    assert ended_pods._silent_until == 0
    found = ended_pods._list_pods(CoreV1Api(cluster.client), pods[1], tries)
    assert [pod["metadata"]["name"] for pod in found] == [launched["metadata"]["name"]]
