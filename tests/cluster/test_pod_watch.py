"""What the scheduler's watch says of pods on a real API server; the test plays kubelet and scheduler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec import pod_watch
from airflow_provider_k8sexec.pod_watch import PodWatch

if TYPE_CHECKING:
    from conftest import Cluster

SCHEDULER = "7"
OUT_OF_MEMORY = "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi')."


class Pods:
    """Worker pods of a namespace, and what the watch has said of them."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        from kubernetes.client import CoreV1Api

        self.api = CoreV1Api(cluster.client)
        self.namespace = namespace
        self.told: list[tuple[str, str]] = []
        self.watch = PodWatch(namespace, SCHEDULER)

    def create(self, name: str, try_number: int = 1, scheduler: str = SCHEDULER) -> str:
        """Create the pod of a try, as the executor does, and give its uid."""
        annotations = {"dag_id": "a_dag", "task_id": "a_task", "run_id": "r", "try_number": str(try_number)}
        labels = {"airflow-worker": scheduler}
        container = {"name": "base", "image": "airflow", "resources": {"limits": {"memory": "1Gi"}}}
        metadata = {"name": name, "annotations": annotations, "labels": labels}
        manifest = {"metadata": metadata, "spec": {"containers": [container], "restartPolicy": "Never"}}
        return self.api.create_namespaced_pod(self.namespace, manifest).metadata.uid

    def report(self, name: str, phase: str, **status: Any) -> None:
        """Set the status of a pod."""
        self.api.patch_namespaced_pod_status(name, self.namespace, {"status": {"phase": phase, **status}})

    def kill_out_of_memory(self, name: str) -> None:
        """Report a pod whose worker has exceeded its memory."""
        end = {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}
        fields = {"name": "base", "image": "airflow", "imageID": "", "ready": False, "restartCount": 0}
        self.report(name, "Failed", containerStatuses=[{**fields, "state": end}])

    def leave_unscheduled(self, name: str) -> None:
        """Report a pod that finds no node."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        self.report(name, "Pending", conditions=[{**condition, "message": "0/1 nodes: 1 Insufficient cpu."}])

    def go_round(self) -> None:
        """Let the watch do one round."""
        self.watch.go_round(self.api)


@pytest.fixture
def pods(cluster: Cluster, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Pods:
    """Give a namespace with a watch whose rounds are short, and which has no patience."""
    found = Pods(cluster, namespace)
    monkeypatch.setattr(pod_watch, "ROUND", 1)
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    monkeypatch.setattr(
        pod_watch, "record_pod", lambda pod, said: found.told.append((pod["metadata"]["name"], str(said)))
    )
    return found


def test_a_failed_pod_is_told_once(pods):
    """However often the server shows the pod, and whether it was there before the watch or not."""
    pods.create("before")
    pods.kill_out_of_memory("before")
    pods.go_round()
    pods.create("after", try_number=2)
    pods.go_round()
    pods.kill_out_of_memory("after")
    pods.report("after", "Failed", message="shown again")
    pods.go_round()
    assert pods.told == [("before", OUT_OF_MEMORY), ("after", OUT_OF_MEMORY)]


def test_a_failed_pod_that_is_deleted_at_once_is_told(pods):
    """With `delete_worker_pods_on_failure` the executor deletes the pod before anybody could look at it."""
    pods.create("worker")
    pods.go_round()
    pods.kill_out_of_memory("worker")
    pods.api.delete_namespaced_pod("worker", pods.namespace, grace_period_seconds=0)
    pods.go_round()
    assert pods.told == [("worker", OUT_OF_MEMORY)]


def test_a_second_pod_of_the_same_try_is_not_told_again(pods):
    """The executor launches another pod where the first could not start; one sentence is enough."""
    for name in ("first", "second"):
        pods.create(name)
        pods.kill_out_of_memory(name)
    pods.go_round()
    assert len(pods.told) == 1


def test_a_pod_that_finds_no_node_is_told_when_patience_ends(pods, monkeypatch):
    """An autoscaler takes its time; a pod that waits longer than that is told, one that got a node is not."""
    monkeypatch.setattr(pod_watch, "PATIENCE", 3600)
    for name in ("waits", "finds-one"):
        pods.create(name, try_number=len(name))
        pods.leave_unscheduled(name)
    pods.go_round()
    assert pods.told == []
    pods.report("finds-one", "Running")
    pods.go_round()
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    pods.go_round()
    said = "Unschedulable: 0/1 nodes: 1 Insufficient cpu; ask for less than cpu=..."
    assert pods.told == [("waits", said)]


def test_a_volume_that_cannot_be_mounted_is_told_from_the_events(pods):
    """The pod's status says nothing; of the warnings that the server has, only the pod's own count."""
    message = 'MountVolume.SetUp failed for volume "tls" : secret "tls" not found'
    for name, text in (("waits", message), ("well", "")):
        uid = pods.create(name, try_number=len(name))
        involved = {"kind": "Pod", "namespace": pods.namespace, "name": name, "uid": uid}
        event = {"type": "Warning", "reason": "FailedMount", "message": text, "involvedObject": involved}
        pods.api.create_namespaced_event(pods.namespace, {"metadata": {"name": name}, **event})
    pods.go_round()
    assert pods.told == [("waits", f"FailedMount: {message}; create the secret 'tls', or name another.")]


def test_the_pods_of_another_scheduler_are_left_to_it(pods):
    """Each scheduler tells of the pods that it has launched or adopted."""
    pods.create("worker", scheduler="8")
    pods.kill_out_of_memory("worker")
    pods.go_round()
    assert pods.told == []


def test_a_watch_without_rights_to_events_tells_what_the_status_tells(pods, monkeypatch):
    """Listing events may be forbidden; that is no reason to be silent about other pods."""
    from kubernetes.client import ApiException

    def forbid(*_args, **_kwargs):
        raise ApiException(status=403, reason="Forbidden")

    monkeypatch.setattr(pods.api, "list_namespaced_event", forbid)
    pods.create("silent")
    pods.create("unscheduled", try_number=2)
    pods.leave_unscheduled("unscheduled")
    pods.go_round()
    assert [name for name, _ in pods.told] == ["unscheduled"]


def test_the_watch_goes_on_where_the_cluster_is_away_and_comes_back(pods, cluster, monkeypatch, caplog):
    """It connects as the executor does, logs what is wrong, and begins again from what is there."""

    class Ended(BaseException):
        """Ends the watch, which no error does."""

    rounds = iter([OSError("the cluster is away"), None, Ended()])

    def go_round(api):
        turn = next(rounds)
        if turn is not None:
            raise turn
        PodWatch.go_round(pods.watch, api)

    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER", "False")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(cluster.kubeconfig))
    monkeypatch.setattr(pods.watch, "go_round", go_round)
    pods.create("worker")
    pods.kill_out_of_memory("worker")
    with caplog.at_level("WARNING"), pytest.raises(Ended):
        pods.watch.run()
    assert f"Worker pods in {pods.namespace} cannot be watched: the cluster is away" in caplog.text
    assert pods.told == [("worker", OUT_OF_MEMORY)]
