"""The executor's run under faults: nothing lost, no wrong pod, no secret told.

While many instances of a task with a secret run, the API server is killed and started again, then it answers
many requests with an error, then the scheduler gets SIGKILL and a new one takes over its
pods. Where Airflow's scheduler ends by itself because of an error of the API server, it is started again, as
Kubernetes does.

The pod template carries the secret variable too, as that of Astronomer's chart does.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_stack import AirflowStack, Site, run_stack
from attrs import frozen
from conftest import FIGURES
from fault_proxy import STATUSES, FaultProxy, run_fault_proxy
from leaks import find_value
from node import Node

from airflow_provider_k8sexec._compat import airflow_version

if TYPE_CHECKING:
    from conftest import Cluster

pytestmark = pytest.mark.faults

DAG_ID = "mapped_with_secret"
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
TASKS = int(os.environ.get("FAULT_TASKS", "40"))
DEADLINE = 300 + 20 * TASKS
REFERENCE = {"name": "MY_SECRET", "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "MY_SECRET"}}}


@frozen
class Survived:
    """What is left after the faults.

    Attributes:
        stack: Airflow.
        pods: The worker pods as the server showed them last.
        places: Everything that was written anywhere, by place.
        value: The secret's value.
        faults: How many requests got each error, by HTTP method and status.
    """

    stack: AirflowStack
    pods: list[dict[str, Any]]
    places: dict[str, bytes]
    value: str
    faults: Counter[tuple[str, int]]


@pytest.fixture(scope="module")
def survived(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Survived:
    """Give what is left after the faults."""
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(cluster.client)
    folder, namespace = tmp_path_factory.mktemp("faults"), cluster.create_namespace("faults")
    value = secrets.token_hex(16)
    api.create_namespaced_secret(
        namespace, {"metadata": {"name": SECRET}, "stringData": {"MY_SECRET": value}}
    )
    dags = folder / "dags"
    dags.mkdir()
    shutil.copy(Path(__file__).parent / "dags" / f"{DAG_ID}.py", dags)
    settings = {
        "FAULT_TASKS": str(TASKS),
        "AIRFLOW__KUBERNETES_SECRETS__MY_SECRET": f"{SECRET}=MY_SECRET",
        # By default an error of the API server fails the task that it hits.
        "AIRFLOW__KUBERNETES_EXECUTOR__TASK_PUBLISH_MAX_RETRIES": "-1",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    }
    with run_fault_proxy(cluster.client) as proxy:
        kubeconfig = proxy.write_kubeconfig(folder / "kubeconfig")
        site = Site(namespace, kubeconfig, dags, settings, worker_env=[REFERENCE], restarts=True)
        stack = AirflowStack(folder, site)
        stack.image_env["FAULT_TASKS"] = str(TASKS)
        with (
            Node(cluster.client, namespace, folder / "node", stack.image_env, room=3) as node,
            run_stack(stack),
        ):
            stack.wait_for_dags([DAG_ID])
            stack.trigger([DAG_ID])
            _wait_for_share(stack, 0.1)
            _kill_api_server(cluster)
            _wait_for_share(stack, 0.2)
            _answer_with_errors(stack, proxy)
            _wait_for_share(stack, 0.5)
            _kill_scheduler(stack)
            stack.wait_for_runs([DAG_ID], DEADLINE)
            stack.wait_until(lambda: node.is_idle, "the end of all pods")
    files = [file for file in folder.rglob("*") if file.is_file()]
    return Survived(
        stack=stack,
        pods=list(node.pods.values()),
        places={
            **{str(file.relative_to(folder)): file.read_bytes() for file in files},
            "database": stack.dump().encode(),
            "events": api.list_namespaced_event(namespace, _preload_content=False).data,
            "pods": json.dumps(list(node.pods.values())).encode(),
        },
        value=value,
        faults=proxy.faults,
    )


def _wait_for_share(stack: AirflowStack, share: float) -> None:
    """Wait until a share of the task instances is done."""
    done = "SELECT count(*) FROM task_instance WHERE state IN ('success', 'failed')"
    stack.wait_until(lambda: stack.query(done)[0][0] >= share * TASKS, f"{share:.0%} done", DEADLINE)


def _kill_api_server(cluster: Cluster) -> None:
    """Take the API server away for some seconds, if it is ours to kill."""
    if cluster.control_plane is not None:
        cluster.control_plane.api_server.kill()
        time.sleep(5)
        cluster.control_plane.api_server.start()
        cluster.control_plane.wait_until_ready()


def _answer_with_errors(stack: AirflowStack, proxy: FaultProxy) -> None:
    """Answer with errors until each has hit an attempt to create a pod."""
    proxy.begin_faults()
    stack.wait_until(
        lambda: all(proxy.faults["POST", status] for status in STATUSES), "errors of every kind", DEADLINE
    )
    proxy.end_faults()


def _kill_scheduler(stack: AirflowStack) -> None:
    """Kill the scheduler while it has pods that run, and start another."""
    running = "SELECT count(*) FROM task_instance WHERE state = 'running'"
    stack.wait_until(lambda: stack.query(running)[0][0] > 0, "a running task")
    stack.components["scheduler"].kill()
    stack.components["scheduler"].start()


def test_every_task_instance_is_a_success(survived):
    """None is lost, none has failed."""
    instances = survived.stack.query("SELECT map_index, state, try_number FROM task_instance")
    tries = Counter(number for _, _, number in instances)
    assert {(index, state) for index, state, _ in instances} == {(index, "success") for index in range(TASKS)}
    ended = survived.stack.components["scheduler"].restarts
    FIGURES.append(
        f"faults, Airflow {airflow_version}: {TASKS} mapped tasks, all succeeded, tries {dict(tries)}, "
        f"{len(survived.pods)} pods; the API server was killed once and gave {survived.faults.total()} "
        f"errors; the scheduler was killed once and ended by itself {ended} times"
    )


def test_every_instance_has_one_pod_and_it_is_right(survived):
    """One pod for each instance; each has the declared resources, and the secret by reference."""
    assert Counter(pod["metadata"]["annotations"]["map_index"] for pod in survived.pods) == {
        str(index): 1 for index in range(TASKS)
    }
    amounts = {"cpu": "100m", "memory": "256Mi"}
    for pod in survived.pods:
        worker = pod["spec"]["containers"][0]
        assert worker["resources"] == {"requests": amounts, "limits": amounts}
        assert REFERENCE in worker["env"]
        assert pod["status"]["phase"] == "Succeeded"


def test_the_new_scheduler_adopts_the_pods_of_the_killed_one(survived):
    """Pods get the label of the new scheduler; the server refuses no patch, with 422 or otherwise."""
    log = survived.stack.components["scheduler"].log.read_text(encoding="utf-8")
    assert re.search("attempting to adopt pod", log, re.IGNORECASE)
    assert "Failed to adopt pod" not in log
    assert "422" not in re.findall(r"\((\d{3})\)\s*Reason", log)
    schedulers = survived.stack.query("SELECT id FROM job WHERE job_type = 'SchedulerJob'")
    assert len(schedulers) == 2 + survived.stack.components["scheduler"].restarts


def test_the_log_hides_the_value_in_every_instance(survived):
    """Every instance has printed the secret; in every log it is ***."""
    logs = b"\n".join(
        content for place, content in survived.places.items() if place.startswith("airflow/logs/")
    )
    for number in range(TASKS):
        assert f"number {number} has the value ***".encode() in logs


def test_no_place_has_the_value(survived):
    """No log, file, event, pod or database row has the value; the same search finds what stands beside it."""
    assert find_value(survived.value, survived.places) == []
    assert len(find_value("has the value", survived.places)) >= TASKS
    assert {"database", "pods"} <= set(find_value(DAG_ID, survived.places))
