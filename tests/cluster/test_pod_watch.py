"""What the scheduler's watch records of pods on a real API server; the test plays kubelet and scheduler."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from airflow_databases import SCHEDULER, Records, migrate
from fault_proxy import run_fault_proxy

from airflow_provider_k8sexec.launch import failure_events, hourly_log, record_writer, scheduler_watch
from airflow_provider_k8sexec.launch import watch as pod_watch
from airflow_provider_k8sexec.launch.watch import PodWatch, Target, WatchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cluster

OUT_OF_MEMORY = "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi')."
NO_NODE = "Unschedulable: 0/1 nodes: 1 Insufficient cpu; request less than cpu=..."
ROUND = 1


class Pods:
    """Worker pods of a namespace, a watch, and what has been recorded of them.

    Attributes:
        api: What the watch asks.
        watch: The watch.
    """

    def __init__(self, cluster: Cluster, namespace: str, records: Records) -> None:
        from kubernetes.client import CoreV1Api

        self.admin = CoreV1Api(cluster.client)
        self.api = self.admin
        self.namespace = namespace
        self.records = records
        self.watch = self.make_watch()

    def make_watch(self, scheduler: int = SCHEDULER) -> PodWatch:
        """Make a watch as a scheduler that starts has it."""
        return PodWatch(Target(self.namespace, str(scheduler)))

    def create(self, name: str, scheduler: int = SCHEDULER, node: str | None = None) -> str:
        """Create the first try of a task of the pod's name, and its pod, as Airflow does; give its uid."""
        of = self.records.create_try(task_id=name, queued_by=scheduler)
        return self.launch(name, of, scheduler, node)

    def launch(self, name: str, of: Any, scheduler: int = SCHEDULER, node: str | None = None) -> str:
        """Create a pod of a try, and give its uid."""
        annotations = {"dag_id": of.dag_id, "task_id": of.task_id, "run_id": of.run_id, "try_number": "1"}
        container = {"name": "base", "image": "airflow", "resources": {"limits": {"memory": "1Gi"}}}
        spec = {"containers": [container], "restartPolicy": "Never", "nodeName": node}
        labels = {"airflow-worker": str(scheduler)}
        metadata = {"name": name, "annotations": annotations, "labels": labels}
        return self.admin.create_namespaced_pod(
            self.namespace, {"metadata": metadata, "spec": spec}
        ).metadata.uid

    def report(self, name: str, phase: str, **status: Any) -> None:
        """Set the status of a pod."""
        self.admin.patch_namespaced_pod_status(name, self.namespace, {"status": {"phase": phase, **status}})

    def end(self, name: str, code: int, reason: str = "Error", seconds_ago: float = 0, **status: Any) -> None:
        """Report a pod whose worker has ended by itself or by a signal, now or a while ago."""
        ended = dt.datetime.now(dt.timezone.utc) - dt.timedelta(seconds=seconds_ago)
        end = {"exitCode": code, "reason": reason, "finishedAt": ended.strftime("%Y-%m-%dT%H:%M:%SZ")}
        fields = {"name": "base", "image": "airflow", "imageID": "", "ready": False, "restartCount": 0}
        phase = "Failed" if code else "Succeeded"
        self.report(name, phase, containerStatuses=[{**fields, "state": {"terminated": end}}], **status)

    def kill_out_of_memory(self, name: str) -> None:
        """Report a pod whose worker has exceeded its memory."""
        self.end(name, 137, "OOMKilled")

    def leave_unscheduled(self, name: str) -> None:
        """Report a pod that finds no node."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        self.report(name, "Pending", conditions=[{**condition, "message": "0/1 nodes: 1 Insufficient cpu."}])

    def disrupt(self, name: str, reason: str) -> None:
        """Say of a pod that the cluster is about to end it, as is done before that."""
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": reason,
            "message": "as the cluster says",
        }
        self.admin.patch_namespaced_pod_status(name, self.namespace, {"status": {"conditions": [condition]}})

    def delete(self, name: str, grace: int = 30) -> None:
        """Delete a pod; one that is on a node, and has not ended, only after its grace period."""
        self.admin.delete_namespaced_pod(name, self.namespace, grace_period_seconds=grace)

    def adopt(self, name: str, scheduler: int) -> None:
        """Let another scheduler have a pod, as the executor does."""
        labels = {"airflow-worker": str(scheduler)}
        self.admin.patch_namespaced_pod(name, self.namespace, {"metadata": {"labels": labels}})

    def adopt_all(self, old: int, new: int) -> None:
        """Let another scheduler have all pods that have not ended, as the executor does."""
        selectors = {
            "label_selector": f"airflow-worker={old}",
            "field_selector": "status.phase!=Failed,status.phase!=Succeeded",
        }
        for pod in self.admin.list_namespaced_pod(self.namespace, **selectors).items:
            self.adopt(pod.metadata.name, new)

    def warn(self, pod: str, uid: str, message: str, name: str) -> None:
        """Write an event about a pod, as its kubelet does."""
        involved = {"kind": "Pod", "namespace": self.namespace, "name": pod, "uid": uid}
        event = {"type": "Warning", "reason": "FailedMount", "message": message, "involvedObject": involved}
        self.admin.create_namespaced_event(self.namespace, {"metadata": {"name": name}, **event})

    def go_round(self, *watches: PodWatch) -> None:
        """Let watches, or the one, do a round."""
        for watch in watches or [self.watch]:
            watch.go_round(self.api, ROUND)

    @property
    def recorded(self) -> list[tuple[str, str]]:
        """What has been recorded of tasks, which have the names of their pods."""
        assert record_writer.flush(20)
        runs = {of.run_id for of in self.records.created}
        return [(of.task_id, sentence) for of, sentence in self.records.read_all() if of.run_id in runs]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the URL of a database with Airflow's schema."""
    folder = tmp_path_factory.mktemp("database")
    url = f"sqlite:///{folder}/airflow.db"
    migrate(url, folder)
    return url


@pytest.fixture
def pods(cluster: Cluster, namespace: str, database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pods]:
    """Give a namespace with a watch that has no patience, and a database for what it finds."""
    from airflow import settings
    from sqlalchemy import create_engine

    engine = create_engine(database)
    monkeypatch.setattr(settings, "engine", engine)
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    record_writer._writers.clear()
    hourly_log._last.clear()
    yield Pods(cluster, namespace, Records(engine))
    assert record_writer.flush(20)
    record_writer._writers.clear()
    engine.dispose()


def test_a_failed_pod_is_recorded_once(pods):
    """However often the server shows the pod, and whether it was there before the watch or not."""
    pods.create("before")
    pods.kill_out_of_memory("before")
    pods.go_round()
    pods.create("after")
    pods.go_round()
    pods.kill_out_of_memory("after")
    pods.report("after", "Failed", message="shown again")
    pods.go_round()
    pods.go_round(pods.make_watch())
    assert pods.recorded == [("before", OUT_OF_MEMORY), ("after", OUT_OF_MEMORY)]


def test_a_failed_pod_that_is_deleted_at_once_is_recorded(pods):
    """With `delete_worker_pods_on_failure` the executor deletes the pod before anybody could look at it."""
    pods.create("worker")
    pods.go_round()
    pods.kill_out_of_memory("worker")
    pods.delete("worker")
    pods.go_round()
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]


def test_a_second_pod_of_the_same_try_is_not_recorded_again(pods):
    """The executor launches another pod where the first could not start; one sentence is enough."""
    of = pods.records.create_try(task_id="worker")
    for name in ("first", "second"):
        pods.launch(name, of)
        pods.kill_out_of_memory(name)
    pods.go_round()
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]


def test_a_pod_that_finds_no_node_is_recorded_when_patience_ends(pods, monkeypatch):
    """An autoscaler takes its time; who waits longer is recorded, once, and who got a node is not."""
    monkeypatch.setattr(pod_watch, "PATIENCE", 3600)
    for name in ("waits", "finds-one"):
        pods.create(name)
        pods.leave_unscheduled(name)
    pods.go_round()
    assert pods.recorded == []
    pods.report("finds-one", "Running")
    pods.go_round()
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    pods.go_round()
    pods.go_round()
    assert pods.recorded == [("waits", NO_NODE)]


def test_a_volume_that_cannot_be_mounted_is_found_however_busy_the_namespace(pods):
    """The pod's status says nothing, and 600 newer warnings about others stand above its own."""
    message = 'MountVolume.SetUp failed for volume "tls" : secret "tls" not found'
    uid = pods.create("waits")
    pods.warn("waits", uid, message, "its-own")
    for number in range(600):
        pods.warn("another", "another-uid", "nothing to do with it", f"z-{number}")
    pods.go_round()
    expected = f"VolumeSource (FailedMount): {message}; create the secret 'tls', or refer to another one."
    assert pods.recorded == [("waits", expected)]


def test_the_events_of_a_pod_are_asked_for_ever_more_seldom(pods, monkeypatch):
    """A pod whose image takes minutes costs a few requests, and a thousand of them some each round."""
    requested, ask = [], PodWatch._ask_events

    def note(self, api, uid, waiting):
        requested.append(uid)
        ask(self, api, uid, waiting)

    monkeypatch.setattr(PodWatch, "_ask_events", note)
    monkeypatch.setattr(pod_watch, "_EVENTS_A_ROUND", 2)
    uids = {pods.create(f"waits-{number}") for number in range(3)}
    pods.go_round()
    assert len(requested) == 2
    for waiting in pods.watch._waiting.values():
        waiting.interval = 3600
    pods.go_round()
    pods.go_round()
    assert set(requested) == uids


def test_the_pods_of_another_scheduler_are_left_to_it(pods):
    """Each scheduler records what it has launched or adopted."""
    pods.create("worker", scheduler=8)
    pods.go_round()
    pods.kill_out_of_memory("worker")
    pods.go_round()
    assert pods.recorded == []


def test_a_pod_of_another_installation_is_left_alone(pods):
    """Two installations share the namespace, and their schedulers happen to have the same number."""
    from airflow_databases import identify

    from airflow_provider_k8sexec.pod.pod_try import PodTry

    pods.launch("foreign", PodTry(**identify("a run of the other one", 1)))
    pods.create("own")
    for name in ("foreign", "own"):
        pods.kill_out_of_memory(name)
    pods.go_round()
    assert pods.recorded == [("own", OUT_OF_MEMORY)]
    assert [of.task_id for of, _ in pods.records.read_all() if of.run_id.startswith("a run")] == []


def test_a_pod_that_failed_while_no_scheduler_ran_is_recorded_by_the_next(pods):
    """The first one ended between failure and record; a pod of another installation is not the next's."""
    pods.create("worker", scheduler=6)
    foreign = pods.records.create_try(task_id="foreign", queued_by=5)
    pods.launch("foreign", foreign, scheduler=6)
    for name in ("worker", "foreign"):
        pods.kill_out_of_memory(name)
    pods.go_round()
    pods.go_round(pods.make_watch())
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]


def test_a_pod_that_is_adopted_as_it_fails_is_recorded_once(pods):
    """Two schedulers may see it: it leaves the one as it comes to the other."""
    old, new = pods.make_watch(6), pods.make_watch(7)
    pods.create("worker", scheduler=6)
    pods.go_round(old, new)
    pods.kill_out_of_memory("worker")
    pods.admin.patch_namespaced_pod(
        "worker", pods.namespace, {"metadata": {"labels": {"airflow-worker": "7"}}}
    )
    pods.go_round(old, new)
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]


def test_a_pod_that_is_adopted_while_it_runs_is_the_new_schedulers(pods):
    """The old one sees it go, and records nothing."""
    old, new = pods.make_watch(6), pods.make_watch(7)
    pods.create("worker", scheduler=6)
    pods.report("worker", "Running")
    pods.go_round(old, new)
    pods.admin.patch_namespaced_pod(
        "worker", pods.namespace, {"metadata": {"labels": {"airflow-worker": "7"}}}
    )
    pods.go_round(old, new)
    assert pods.recorded == []
    pods.kill_out_of_memory("worker")
    pods.go_round(new)
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]


def test_pods_that_somebody_deletes_are_not_recorded(pods):
    """A user clears the task, and the executor deletes its pod: it ends by a signal, and all is well."""
    codes = {"killed": 137, "ended": 143}
    for name in codes:
        pods.create(name, node="node-1")
        pods.report(name, "Running")
    pods.go_round()
    for name in codes:
        pods.delete(name)
    pods.go_round()
    for name, code in codes.items():
        pods.end(name, code)
    late = pods.make_watch()
    pods.go_round(pods.watch, late)  # the one saw it begin, the other finds it ended
    for name in codes:
        pods.delete(name, grace=0)
    pods.go_round(pods.watch, late)
    assert pods.recorded == []


def test_a_deletion_that_is_hurried_is_a_deletion(pods):
    """Whoever deletes a second time, with less grace, has deleted it before."""
    pods.create("worker", node="node-1")
    pods.report("worker", "Running")
    pods.delete("worker")
    pods.end("worker", 137, seconds_ago=-1)
    pods.delete("worker", grace=2)
    pods.go_round()
    assert pods.recorded == []


def test_a_pod_that_waits_and_is_deleted_is_not_recorded(pods, monkeypatch):
    """It was about to be recorded, and is on its way out."""
    monkeypatch.setattr(pod_watch, "PATIENCE", 3600)
    pods.create("worker", node="node-1")
    pods.leave_unscheduled("worker")
    pods.go_round()
    pods.delete("worker")
    pods.go_round()
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    pods.go_round()
    assert pods.recorded == []


def test_a_pod_that_was_killed_before_it_was_deleted_is_recorded(pods):
    """The executor deletes what has failed; a watch that comes late sees both."""
    pods.create("worker", node="node-1")
    pods.report("worker", "Running")
    pods.delete("worker")
    pods.end("worker", 137, seconds_ago=60)
    pods.go_round()
    assert [sentence.partition(" (")[0] for _, sentence in pods.recorded] == [
        "Killed: container 'base' was killed"
    ]


DISRUPTIONS = {
    "PreemptionByScheduler": "Preempted",
    "DeletionByTaintManager": "NodeTainted",
    "EvictionByEvictionAPI": "Drained",
    "DeletionByPodGC": "NodeLost",
    "TerminationByKubelet": "NodePressure",
}


def test_pods_that_the_cluster_takes_are_recorded_as_disrupted(pods):
    """The cluster says so, and deletes the pod, which looks like a user's deletion otherwise."""
    for reason in DISRUPTIONS:
        pods.create(reason.lower(), node="node-1")
        pods.report(reason.lower(), "Running")
    pods.go_round()
    for reason in DISRUPTIONS:
        pods.disrupt(reason.lower(), reason)
        pods.delete(reason.lower())
    pods.go_round()
    assert pods.recorded == []  # they may still end well
    for reason in DISRUPTIONS:
        pods.end(reason.lower(), 143)
        pods.delete(reason.lower(), grace=0)
    pods.go_round()
    heads = [f"{code} ({reason})" for reason, code in DISRUPTIONS.items()]
    assert sorted(sentence.partition(": ")[0] for _, sentence in pods.recorded) == sorted(heads)
    assert all("set retries=... so that the task runs again" in sentence for _, sentence in pods.recorded)


def test_a_pod_that_goes_with_its_node_is_recorded_as_disrupted(pods):
    """Nobody is left to say how it ended."""
    pods.create("worker", node="node-1")
    pods.report("worker", "Running")
    pods.go_round()
    pods.disrupt("worker", "DeletionByTaintManager")
    pods.delete("worker")
    pods.delete("worker", grace=0)
    pods.go_round()
    assert [sentence.partition(":")[0] for _, sentence in pods.recorded] == [
        "NodeTainted (DeletionByTaintManager)"
    ]


def test_a_pod_that_ends_well_before_it_is_taken_is_not_recorded(pods):
    """The grace period was long enough for the task."""
    pods.create("worker", node="node-1")
    pods.report("worker", "Running")
    pods.disrupt("worker", "EvictionByEvictionAPI")
    pods.delete("worker")
    pods.end("worker", 0, "Completed")
    pods.delete("worker", grace=0)
    pods.go_round()
    assert pods.recorded == []


def test_what_is_gone_is_forgotten_where_the_server_does_not_know_what_happened(pods, cluster, monkeypatch):
    """410 Gone, as of a server that was started again: who found a node, or went, waits no longer."""
    if cluster.control_plane is None:
        pytest.skip("the API server is not ours to kill")
    monkeypatch.setattr(pod_watch, "PATIENCE", 3600)
    for name in ("waits", "finds-one", "goes"):
        pods.create(name)
        pods.leave_unscheduled(name)
    pods.go_round()
    pods.report("finds-one", "Running")
    pods.delete("goes")
    cluster.control_plane.api_server.kill()
    cluster.control_plane.api_server.start()
    cluster.control_plane.wait_until_ready()
    with pytest.raises(WatchError, match="too old resource version") as error:
        pods.go_round()
    assert error.value.status == 410
    monkeypatch.setattr(pod_watch, "PATIENCE", 0)
    pods.go_round()
    assert pods.recorded == [("waits", NO_NODE)]
    assert len(pods.watch._waiting) == 1


def test_more_pods_than_a_page_has_are_listed(pods, monkeypatch):
    """Each page is taken in by itself, so that memory does not grow with their number."""
    monkeypatch.setattr(pod_watch, "_PAGE", 2)
    names = [f"worker-{number}" for number in range(5)]
    for name in names:
        pods.create(name)
        pods.kill_out_of_memory(name)
    pods.go_round()
    assert sorted(pods.recorded) == [(name, OUT_OF_MEMORY) for name in names]


def test_a_pod_that_is_not_understood_costs_no_other(pods, monkeypatch, caplog):
    """Whatever is odd about it."""
    diagnose = pod_watch.diagnose_pod

    def stumble(pod):
        if pod["metadata"]["name"].startswith("odd"):
            raise ZeroDivisionError
        return diagnose(pod)

    monkeypatch.setattr(pod_watch, "diagnose_pod", stumble)
    for name, scheduler in {"odd": SCHEDULER, "worker": SCHEDULER, "odd-and-old": 6, "old": 6}.items():
        pods.create(name, scheduler)
        pods.kill_out_of_memory(name)
    pods.go_round()
    assert pods.recorded == [("worker", OUT_OF_MEMORY), ("old", OUT_OF_MEMORY)]
    assert "A pod could not be read: ZeroDivisionError" in caplog.text


def _as_service_account(pods: Pods, kubeconfig: Any, *rules: dict[str, Any]) -> None:
    """Ask from now on as a service account that has these rights."""
    from kubernetes.client import CoreV1Api, RbacAuthorizationV1Api
    from kubernetes.config import new_client_from_config

    name = {"metadata": {"name": "scheduler"}}
    rbac = RbacAuthorizationV1Api(pods.admin.api_client)
    rbac.create_namespaced_role(pods.namespace, {**name, "rules": list(rules)})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "scheduler"}
    subject = {"kind": "ServiceAccount", "name": "scheduler", "namespace": pods.namespace}
    rbac.create_namespaced_role_binding(pods.namespace, {**name, "roleRef": role, "subjects": [subject]})
    client = new_client_from_config(str(kubeconfig))
    client.set_default_header("Impersonate-User", f"system:serviceaccount:{pods.namespace}:scheduler")
    pods.api = CoreV1Api(client)


def test_a_watch_without_the_right_to_events_records_what_the_status_says(pods, cluster, caplog):
    """Listing events may be forbidden: asked once an hour, and no reason to be silent about other pods."""
    _as_service_account(
        pods, cluster.kubeconfig, {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}
    )
    pods.create("silent")
    pods.create("unscheduled")
    pods.leave_unscheduled("unscheduled")
    pods.go_round()
    pods.go_round()
    assert pods.recorded == [("unscheduled", NO_NODE)]
    assert caplog.text.count("cannot list resource") == 1
    pods.api.api_client.close()


def test_events_that_cannot_be_had_cost_no_record(pods, monkeypatch, caplog):
    """A server that is too busy to list events still says what becomes of pods."""
    from kubernetes.client import ApiException

    def fail(*_args, **_options):
        raise ApiException(status=504, reason="Timeout")

    monkeypatch.setattr(pods.api, "list_namespaced_event", fail)
    pods.create("silent")
    pods.create("worker")
    pods.go_round()
    pods.kill_out_of_memory("worker")
    pods.go_round()
    assert pods.recorded == [("worker", OUT_OF_MEMORY)]
    assert caplog.text.count("so problems with the volumes of pods are not recorded: ApiException 504") == 1


def test_a_watch_without_rights_says_so_once_an_hour(pods, cluster, caplog, monkeypatch):
    """The scheduler goes on; its log has what is missing, in the API server's words."""
    _as_service_account(
        pods, cluster.kubeconfig, {"apiGroups": [""], "resources": ["events"], "verbs": ["list"]}
    )
    monkeypatch.setattr(scheduler_watch._Worker, "_client", lambda *_: pods.api)
    worker, turn = scheduler_watch._Worker(), scheduler_watch._Turn(pods.watch)
    worker._turns.append(turn)
    for _ in range(3):
        worker.take(turn)
    said = [line.getMessage() for line in caplog.records]
    assert len(said) == 1
    assert 'cannot list resource "pods"' in said[0]
    assert turn.failures == 3
    pods.api.api_client.close()


def test_an_api_server_that_is_killed_costs_one_line_and_no_record(pods, cluster, caplog, monkeypatch):
    """Neither Airflow's client, which tries eleven times, nor urllib3 fills the scheduler's log."""
    if cluster.control_plane is None:
        pytest.skip("the API server is not ours to kill")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER", "False")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE", str(cluster.kubeconfig))
    worker, turn = scheduler_watch._Worker(), scheduler_watch._Turn(pods.watch)
    monkeypatch.setattr(scheduler_watch, "ROUND", ROUND)
    worker._turns.append(turn)
    for name in ("before", "meanwhile"):
        pods.create(name)
    pods.kill_out_of_memory("before")
    worker.take(turn)
    cluster.control_plane.api_server.kill()
    try:
        for _ in range(5):
            worker.take(turn)
    finally:
        cluster.control_plane.api_server.start()
        cluster.control_plane.wait_until_ready()
    assert turn.failures == 5
    pods.kill_out_of_memory("meanwhile")
    for _ in range(20):
        worker.take(turn)
        if not turn.failures and len(pods.recorded) == 2:
            break
    assert pods.recorded == [("before", OUT_OF_MEMORY), ("meanwhile", OUT_OF_MEMORY)]
    lines = [line for line in caplog.records if line.name != failure_events.__name__]
    assert len(lines) <= 2  # away, and perhaps not ready yet
    assert "cannot be watched; the watch will be tried again" in lines[0].getMessage()


def test_errors_of_every_kind_cost_no_record(pods, tmp_path):
    """From 429 to a connection that is reset: the watch goes on, and each pod is recorded once."""
    from kubernetes.client import Configuration, CoreV1Api
    from kubernetes.config import new_client_from_config

    once = Configuration()
    once.retries = False
    names = [f"worker-{number}" for number in range(12)]
    with run_fault_proxy(pods.admin.api_client) as proxy:
        kubeconfig = proxy.write_kubeconfig(tmp_path / "kubeconfig")
        with new_client_from_config(str(kubeconfig), client_configuration=once) as client:
            pods.api = CoreV1Api(client)
            pods.go_round()
            proxy.begin_faults()
            for name in names:
                pods.create(name)
                pods.kill_out_of_memory(name)
                pods.delete(name)
                with suppress(Exception):
                    pods.go_round()
            faults = proxy.faults.total()
            proxy.end_faults()
            pods.go_round()
    assert faults >= 2
    assert sorted(pods.recorded) == sorted((name, OUT_OF_MEMORY) for name in names)
