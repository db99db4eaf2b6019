"""Why a pod failed, waits or was refused stands in Airflow's event log."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow_stack import AirflowStack, Site, run_stack
from node import Node

from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT

if TYPE_CHECKING:
    from conftest import Cluster

DAG_IDS = ("failing_pods", "escaping_pods")
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
HEARTBEAT_TIMEOUTS = ("SCHEDULER_ZOMBIE_TASK_THRESHOLD", "TASK_INSTANCE_HEARTBEAT_TIMEOUT")
QUOTA = {"requests.memory": "100Gi"}
SENTENCES = {
    "exceeds_its_memory": "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi').",
    "lacks_a_key": (
        "CreateContainerConfigError: couldn't find key NO_SUCH_KEY in Secret {namespace}/"
        "infrared-photon-7780-env; add the key 'NO_SUCH_KEY' to the secret 'infrared-photon-7780-env', "
        "or write Secret('NO_SUCH_KEY', name='infrared-photon-7780-env', optional=True)."
    ),
    "fits_on_no_node": (
        "Unschedulable: 0/1 nodes are available: 1 Insufficient memory; request less than memory='48Gi'."
    ),
}

RULES = {"images": ["registry.example.com/*"]}
REFUSED = (
    "SitePolicy: [images] spec.containers[base].image='evil.example.com/image', set by "
    "the task, is not one that the site allows; choose from registry.example.com/*."
)
REFUSED_TASKS = ("runs_another_image", "asks_for_another_image")


CALLED_BACK = ("exceeds_its_memory", "exceeds_the_quota", "fails_by_itself")


class Failed:
    """A deployment whose pods have failed, each in its way, and what its event log has of them."""

    def __init__(self, folder: Path, stack: AirflowStack, namespace: str) -> None:
        self.folder = folder
        self.stack = stack
        self.namespace = namespace
        self.launched: set[str] = set()

    def sentences(self) -> dict[str, list[str]]:
        """Give the sentences of each task, as its event log shows them."""
        found: dict[str, list[str]] = {}
        rows = self.stack.query(
            "SELECT log.task_id, log.event, log.extra FROM log JOIN task_instance AS ti "
            "ON ti.dag_id = log.dag_id AND ti.task_id = log.task_id AND ti.run_id = log.run_id "
            "AND ti.map_index = log.map_index AND ti.try_number = log.try_number ORDER BY log.id"
        )
        for task_id, event, extra in rows:
            if event == FAILURE_EVENT:
                found.setdefault(task_id, []).append(extra)
        return found

    def reported(self, task: str) -> dict[str, str] | None:
        """Give what the task's callback knew of the failure."""
        report = json.loads((self.folder / f"{task}.json").read_text(encoding="utf-8"))
        found: dict[str, str] | None = report["failure"]
        return found

    def states(self) -> dict[str, str]:
        """Give the state of each task."""
        return dict(self.stack.query("SELECT task_id, state FROM task_instance"))


@pytest.fixture(scope="module")
def failed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Failed:
    """Give a deployment whose pods have failed."""
    folder, namespace = tmp_path_factory.mktemp("failures"), cluster.create_namespace("failures")
    _create_secret_and_quota(cluster, namespace)
    dags = folder / "dags"
    dags.mkdir()
    for dag_id in DAG_IDS:
        shutil.copy(Path(__file__).parent / "dags" / f"{dag_id}.py", dags)
    release = SECRET.removesuffix("-env")
    settings = {"AIRFLOW__K8SEXEC__RELEASE_NAME": release}
    # After so many seconds, not 300, Airflow finds that a task has ended with its pod; by both lines' names.
    timeouts = dict.fromkeys((f"AIRFLOW__SCHEDULER__{name}" for name in HEARTBEAT_TIMEOUTS), "60")
    policy = {"AIRFLOW__K8SEXEC__POLICY": "error", "AIRFLOW__K8SEXEC__POLICY_RULES": json.dumps(RULES)}
    env = [{"name": name, "value": value} for name, value in settings.items()]
    of_components = {**settings, **policy, **timeouts}
    stack = AirflowStack(folder, Site(namespace, cluster.kubeconfig, dags, of_components, env))
    found = Failed(folder, stack, namespace)
    node = Node(cluster.client, namespace, folder / "node", stack.image_env)
    node.memory = Quantity("32Gi")
    with node, run_stack(stack):
        stack.wait_for_dags(DAG_IDS)
        stack.trigger(DAG_IDS)
        stack.wait_until(lambda: found.states().get("exceeds_its_memory") == "running", "a task to kill")
        (name,) = [
            pod["metadata"]["name"]
            for pod in node.pods.values()
            if pod["metadata"]["annotations"]["task_id"] == "exceeds_its_memory"
        ]
        node.kill_out_of_memory(name)
        stack.wait_until(
            lambda: found.sentences().keys() >= {*SENTENCES, *REFUSED_TASKS, "exceeds_the_quota"},
            "the sentences",
            seconds=300,
        )
        stack.wait_until(lambda: found.states()["fails_by_itself"] == "failed", "a task that fails by itself")
        stack.wait_until(lambda: found.states()["keeps_the_limits"] == "success", "a task within the limits")
        stack.wait_until(
            lambda: all((folder / f"{task}.json").exists() for task in CALLED_BACK), "the callbacks"
        )
        found.launched = {pod["metadata"]["annotations"]["task_id"] for pod in node.pods.values()}
    return found


def _create_secret_and_quota(cluster: Cluster, namespace: str) -> None:
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(cluster.client)
    api.create_namespaced_secret(namespace, {"metadata": {"name": SECRET}, "stringData": {"OTHER": "value"}})
    quota = {"metadata": {"name": "team"}, "spec": {"hard": QUOTA}}
    api.create_namespaced_resource_quota(namespace, quota)
    # Nobody counts here what is used, as the controller manager does; the server's admission only adds to it.
    status = {"status": {"hard": QUOTA, "used": {"requests.memory": "10Gi"}}}
    api.patch_namespaced_resource_quota_status("team", namespace, status)


@pytest.mark.parametrize("task", SENTENCES)
def test_what_is_wrong_with_a_pod_stands_in_the_event_log_once(failed, task):
    """Out of memory, a missing key and a pod that fits nowhere: each says what it was and what to write."""
    assert failed.sentences()[task] == [SENTENCES[task].format(namespace=failed.namespace)]


def test_a_refusal_by_the_quota_stands_in_the_event_log(failed):
    """A pod that was never created says how much the quota has left, and how to get through."""
    (sentence,) = failed.sentences()["exceeds_the_quota"]
    assert sentence.startswith("Quota: the quota 'team' has memory='")
    assert "left of '100Gi'; request at most memory='" in sentence
    assert sentence.endswith("task_publish_max_retries.")


def test_a_callback_knows_why_the_pod_failed(failed):
    """The worker is gone, so the dag-processor runs it, in a child that has no database on Airflow 3."""
    found = failed.reported("exceeds_its_memory")
    assert found is not None
    assert found == {
        "node": "",  # no pod of these tests is bound to one
        "code": "OOMKilled",
        "actor": "author",
        "cause": "memory='1Gi' was exceeded",
        "remedy": "try memory=per_try('1Gi', '2Gi')",
    }


def test_a_callback_knows_why_the_pod_was_refused(failed):
    """There never was a pod; the scheduler has the answer of the API server."""
    found = failed.reported("exceeds_the_quota")
    assert found is not None
    assert (found["code"], found["actor"], found["node"]) == ("Quota", "site", "")


def test_a_callback_of_a_task_that_fails_by_itself_is_told_of_no_pod(failed):
    """It runs in the worker, whose pod is well; its error is in the context."""
    assert failed.reported("fails_by_itself") is None


def test_a_task_that_fails_by_itself_is_left_to_its_log(failed):
    """Where the task's own code fails, its log says why, and nothing is said of its pod."""
    assert "fails_by_itself" not in failed.sentences()


@pytest.mark.parametrize("task", REFUSED_TASKS)
def test_a_pod_that_breaks_a_limit_is_not_launched(failed, task):
    """Where a DAG file has got past the policy, the scheduler refuses; the task's event log says why."""
    assert failed.sentences()[task] == [REFUSED]
    assert failed.states()[task] == "failed"
    assert task not in failed.launched
    assert "keeps_the_limits" in failed.launched


def test_the_scheduler_lives(failed):
    """No component has ended by itself, and no watch has failed."""
    log = failed.stack.components["scheduler"].log.read_text(encoding="utf-8")
    assert "cannot be watched" not in log
    assert "could not be recorded" not in log
