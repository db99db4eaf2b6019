"""Tasks that are tried more than once, and pods that outlive their scheduler, on the real executor.

One deployment: its first scheduler runs without this package's hook, and its executor adopts pods by the
request of older ones. The pod template has a variable that a task's hand-written override has, too.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_stack import AirflowStack, Site, run_stack
from attrs import frozen
from node import KILLED, Node

from airflow_provider_k8sexec._compat import AIRFLOW_3
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.past_tries.kept_usage import USAGE_EVENT
from airflow_provider_k8sexec.usage.cgroup import read_counters

if TYPE_CHECKING:
    from conftest import Cluster

HERE = Path(__file__).parent
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
OF_TEMPLATE = {"name": "STAGE", "value": "of the template"}
OF_TASK = {"name": "STAGE", "value": "of the task"}
WITHOUT_HOOK = f"""
from airflow import settings
manager = settings.{"get_policy_plugin_manager()" if AIRFLOW_3 else "POLICY_PLUGIN_MANAGER"}
assert manager.unregister(name="k8sexec")
"""


@frozen
class Tried:
    """What is left when all is done.

    Attributes:
        states: State and tries of each DAG's only task instance.
        pods: The pods of each DAG as the server showed them last, in the order of their creation.
        log: What the schedulers said.
        kept: What the event log keeps of the tries of each DAG's task, by DAG and try.
        scheduler: The id of the last scheduler's job.
    """

    states: dict[str, tuple[str, int]]
    pods: dict[str, list[dict[str, Any]]]
    log: str
    kept: dict[tuple[str, int], dict[str, Any]]
    scheduler: str


@pytest.fixture(scope="module")
def tried(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    """Give what is left when all is done."""
    from kubernetes.client import CoreV1Api

    folder, namespace = tmp_path_factory.mktemp("tries"), cluster.create_namespace("tries")
    secret = {"metadata": {"name": SECRET}, "stringData": {"MY_SECRET": secrets.token_hex(16)}}
    CoreV1Api(cluster.client).create_namespaced_secret(namespace, secret)
    (folder / "dags").mkdir()
    shutil.copy(HERE / "dags" / "tries.py", folder / "dags")
    settings = {
        "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])]),
        "AIRFLOW__CORE__EXECUTOR": "whole_pod_executor.WholePodExecutor",
        # Said to the components alone: workers have no variable that tells the release.
        "AIRFLOW__K8SEXEC__SECRET_NAME": SECRET,
        # On a machine that is busy, a scheduler is not to take itself for dead.
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    }
    stack = AirflowStack(
        folder, Site(namespace, cluster.kubeconfig, folder / "dags", settings, [OF_TEMPLATE])
    )
    stack.image_env |= {
        "PYTHONPATH": settings["PYTHONPATH"],
        # Likewise, a worker is to wait for the API server.
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    }
    local_settings = stack.home / "config" / "airflow_local_settings.py"
    local_settings.parent.mkdir()
    local_settings.write_text(WITHOUT_HOOK, encoding="utf-8")
    with Node(cluster.client, namespace, folder / "node", stack.image_env, room=6) as node, run_stack(stack):
        stack.wait_for_dags(["growing", "with_secret", "outliving", "adopted"])
        stack.trigger(["outliving"])
        _wait_for_running(stack, "outliving")
        local_settings.unlink()
        stack.restart_scheduler()
        stack.trigger(["growing", "with_secret", "adopted"])
        for number in (1, 2):
            _wait_for_running(stack, "growing", number)
            node.kill_out_of_memory(_pods_of(node, "growing")[-1]["metadata"]["name"])
            stack.wait_until(lambda: _has_ended(_pods_of(node, "growing")[-1]), "the end of the pod")
            if not AIRFLOW_3:  # it knows a killed task by its heartbeat alone, after minutes
                stack.age_heartbeats("id IN (SELECT job_id FROM task_instance WHERE dag_id = 'growing')")
        stack.wait_for_runs(["growing", "with_secret"])
        stack.wait_until(lambda: _read_kept(stack).keys() >= KEPT.keys(), "what the pods have used")
        _wait_for_running(stack, "adopted")
        stack.restart_scheduler()
        stack.wait_until(lambda: _is_adopted(stack, _pods_of(node, "adopted")), "an adopted pod")
        (stack.home / "open").touch()
        stack.wait_for_runs(["outliving", "adopted"])
        stack.wait_until(lambda: node.is_idle, "the end of all pods")
    states = stack.query("SELECT dag_id, state, try_number FROM task_instance")
    return Tried(
        states={dag_id: (state, number) for dag_id, state, number in states},
        pods={dag_id: _pods_of(node, dag_id) for dag_id, *_ in states},
        kept=_read_kept(stack),
        log=stack.components["scheduler"].log.read_text(encoding="utf-8"),
        scheduler=stack.scheduler,
    )


KEPT = {
    ("growing", 1): ("OOMKilled", "1Gi"),
    ("growing", 2): ("OOMKilled", "2Gi"),
    ("growing", 3): ("Succeeded", "4Gi"),
    ("with_secret", 1): ("Failed", None),
    ("with_secret", 2): ("Succeeded", None),
}
"""How the tries of tasks end, and their memory where the task requests it."""


def _read_kept(stack: AirflowStack) -> dict[tuple[str, int], dict[str, Any]]:
    rows = stack.query(f"SELECT dag_id, try_number, extra FROM log WHERE event = '{USAGE_EVENT}'")  # noqa: S608
    return {(dag_id, number): json.loads(extra) for dag_id, number, extra in rows}


def _wait_for_running(stack: AirflowStack, dag_id: str, try_number: int | None = None) -> None:
    query = f"SELECT try_number FROM task_instance WHERE dag_id = '{dag_id}' AND state = 'running'"  # noqa: S608

    def runs() -> bool:
        return any(try_number in (None, number) for (number,) in stack.query(query))

    stack.wait_until(runs, f"a running task of {dag_id}")


def _pods_of(node: Node, dag_id: str) -> list[dict[str, Any]]:
    pods = [pod for pod in list(node.pods.values()) if pod["metadata"]["labels"]["dag_id"] == dag_id]
    return sorted(pods, key=lambda pod: pod["metadata"]["creationTimestamp"])


def _is_adopted(stack: AirflowStack, pods: list[dict[str, Any]]) -> bool:
    return any(pod["metadata"]["labels"]["airflow-worker"] == stack.scheduler for pod in pods)


def _has_ended(pod: dict[str, Any]) -> bool:
    return pod["status"]["phase"] in {"Succeeded", "Failed"}


def _end_of(pod: dict[str, Any]) -> dict[str, Any]:
    (status,) = pod["status"]["containerStatuses"]
    return status["state"]["terminated"]


def _stages_of(pod: dict[str, Any]) -> list[dict[str, str]]:
    return [item for item in pod["spec"]["containers"][0]["env"] if item["name"] == "STAGE"]


def test_a_task_that_runs_out_of_memory_twice_succeeds_with_the_memory_of_its_third_try(tried):
    """It is killed with 137 at 1Gi and at 2Gi; the pod of the third try has 4Gi, and the task succeeds."""
    resources = [pod["spec"]["containers"][0]["resources"] for pod in tried.pods["growing"]]
    assert resources == [
        {"requests": {"memory": memory}, "limits": {"memory": memory}} for memory in ("1Gi", "2Gi", "4Gi")
    ]
    ends = [(_end_of(pod)["exitCode"], _end_of(pod)["reason"]) for pod in tried.pods["growing"]]
    assert ends == [(KILLED, "OOMKilled"), (KILLED, "OOMKilled"), (0, "Completed")]
    assert tried.states["growing"] == ("success", 3)


def test_a_pod_with_a_variable_twice_is_not_adopted_by_the_request_of_older_executors(tried):
    """Without the hook: Airflow's merge keeps both, the server takes the pod, and refuses the patch."""
    pod = [pod for pod in tried.pods["outliving"] if _stages_of(pod) == [OF_TEMPLATE, OF_TASK]][-1]
    refused = tried.log.partition(f"Failed to adopt pod {pod['metadata']['name']}")[2]
    assert "(422)" in refused[:200]
    assert pod["metadata"]["labels"]["airflow-worker"] not in ("", tried.scheduler)


def test_with_the_net_it_stands_once_and_the_pod_is_adopted(tried):
    """With the hook: the task's value alone, no 422, the next scheduler's label, and the task succeeds."""
    (pod,) = tried.pods["adopted"]
    name = pod["metadata"]["name"]
    assert _stages_of(pod) == [OF_TASK]
    assert f"attempting to adopt pod {name}" in tried.log
    assert f"Failed to adopt pod {name}" not in tried.log
    assert pod["metadata"]["labels"]["airflow-worker"] == tried.scheduler
    assert pod["status"]["phase"] == "Succeeded"
    assert tried.states["adopted"] == ("success", 1)


def test_the_scheduler_says_what_it_has_set_right(tried):
    """One line for the task, however many pods it had, and one for each amount that grew."""
    said = "'wait' of DAG 'outliving': STAGE is defined twice in the environment variables of the container"
    assert 1 <= tried.log.count(said) <= 2  # schedulers that have launched one of its pods
    for number, memory in ((2, "2Gi"), (3, "4Gi")):
        assert f"'aggregate' of DAG 'growing': memory is {memory} for try {number}" in tried.log


def test_a_retry_has_the_deployments_secret_though_no_worker_is_told_the_release(tried):
    """A worker of Airflow 2.11 writes its executor_config back: the next pod refers to the same secret."""
    for pod in tried.pods["with_secret"]:
        references = [item.get("valueFrom") for item in pod["spec"]["containers"][0]["env"]]
        assert {"secretKeyRef": {"name": SECRET, "key": "MY_SECRET"}} in references
    assert tried.states["with_secret"] == ("success", 2)
    assert len(tried.pods["with_secret"]) == 2


def test_what_each_try_requested_and_used_is_kept_though_the_next_try_begins_at_once(tried):
    """Retries without delay: tries that were killed at their limit, and what other workers measured."""
    for of, (ended, memory) in KEPT.items():
        kept = tried.kept[of]
        assert kept["ended"] == ended, of
        assert memory is None or kept["limits"]["memory"] == int(Quantity(memory).number)
        assert kept.get("was_killed", False) == (ended == "OOMKilled")
    measured = {of for of, kept in tried.kept.items() if of in KEPT and "usage" in kept}
    exited = {of for of, (ended, _) in KEPT.items() if ended != "OOMKilled"}
    # A worker of Airflow 3 stores what it measured after it has reported its failure: with no delay, the next
    # try may begin before that, and Airflow removes the record then.
    last = {("growing", 3), ("with_secret", 2)}
    assert (last if read_counters() else set()) <= measured <= exited
