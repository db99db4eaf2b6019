"""Values that are known only as a pod is launched, on the real executor: a hundred sizes, and those of a run.

Most of the pods stay pending: what they request is looked at, and they need not run.
"""

from __future__ import annotations

import json
import shutil
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_databases import find_postgres, run_postgres
from airflow_stack import BIN, AirflowStack, Site, run_stack
from attrs import frozen
from conftest import FIGURES
from node import Node

from airflow_provider_k8sexec._compat import airflow_version
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT

if TYPE_CHECKING:
    from conftest import Cluster

HERE = Path(__file__).parent
INSTANCES, BAD = 100, 41
SETTINGS = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    "AIRFLOW__CORE__PARALLELISM": "200",
    "AIRFLOW__CORE__DEFAULT_POOL_TASK_SLOT_COUNT": "200",
    "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE": "50",
    "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": "128",
    "AIRFLOW__K8SEXEC__MAX_RUNTIME": json.dumps({"memory": "1Gi"}),
}
TRIGGER = """
from airflow.api.client import get_current_api_client
client = get_current_api_client()
client.trigger_dag("sizes")
client.trigger_dag("of_a_run", run_id="small", conf={"cpu": "20m"}, replace_microseconds=False)
client.trigger_dag("of_a_run", run_id="large", conf={"memory": "2Gi"}, replace_microseconds=False)
"""
"""Runs, one of which asks for more than the site allows."""
STATES = "SELECT map_index, state FROM task_instance WHERE task_id = 'each'"
ENDED = "SELECT 1 FROM task_instance WHERE task_id = 'work' AND state = 'failed'"
EVENTS = f"SELECT task_id, map_index, extra FROM log WHERE event = '{FAILURE_EVENT}' ORDER BY id"  # noqa: S608


@frozen
class Launched:
    """What the scheduler has launched.

    Attributes:
        pods: The pods by task and map index.
        states: The state of each instance of the mapped task.
        events: What the event log says of failures, by task and map index.
    """

    pods: dict[tuple[str, int], dict[str, Any]]
    states: dict[int, str]
    events: dict[tuple[str, int], str]


@pytest.fixture(scope="module")
def launched(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    """Give what a scheduler has launched; on PostgreSQL, or SQLite where there is none.

    What differs between databases is tested without an executor (``tests/launch/test_run_time_values.py``).
    """
    kind = "sqlite" if find_postgres() is None else "postgresql"
    folder = tmp_path_factory.mktemp("sizes")
    namespace = cluster.create_namespace("sizes")
    (folder / "dags").mkdir()
    shutil.copy(HERE / "dags" / "sizes.py", folder / "dags")
    began = time.monotonic()
    with run_postgres() if kind == "postgresql" else nullcontext("") as url:
        site = Site(namespace, cluster.kubeconfig, folder / "dags", SETTINGS, database=url)
        stack = AirflowStack(folder, site)
        node = Node(cluster.client, namespace, folder / "node", stack.image_env, room=2)
        found = _launch(stack, node)
    seconds = time.monotonic() - began
    FIGURES.append(f"sizes, Airflow {airflow_version}, {kind}: {INSTANCES} in {seconds:.0f} s")
    return found


def _launch(stack: AirflowStack, node: Node) -> Launched:
    with node, run_stack(stack):
        stack.wait_for_dags(["sizes", "of_a_run"])
        stack.run([str(BIN / "python"), "-c", TRIGGER])
        stack.wait_until(lambda: _has_launched(stack, node), "the pods", 240)
        events = {(task_id, index): said for task_id, index, said in stack.query(EVENTS)}
        states = dict(stack.query(STATES))
    return Launched(_pods_by_task(node), states, events)


def _has_launched(stack: AirflowStack, node: Node) -> bool:
    pods, events = _pods_by_task(node), stack.query(EVENTS)
    sizes = [key for key in pods if key[0] == "each"]
    return (
        len(sizes) == INSTANCES - 1
        and ("work", -1) in pods
        and len(events) == 2  # of the wrong size, and of the run that wants too much
        and bool(stack.query(ENDED))
        and dict(stack.query(STATES)).get(BAD) == "failed"
    )


def _pods_by_task(node: Node) -> dict[tuple[str, int], dict[str, Any]]:
    pods = [*node.pods.values()]
    annotations = [pod["metadata"]["annotations"] for pod in pods]
    return {
        (of["task_id"], int(of.get("map_index", -1))): pod for of, pod in zip(annotations, pods, strict=True)
    }


def _worker_of(pod: dict[str, Any]) -> dict[str, Any]:
    return pod["spec"]["containers"][0]


def test_each_mapped_instance_has_the_size_of_an_upstream_list(launched):
    """A hundred instances of one task: a pod of its own size each, request and limit."""
    sizes = {}
    for (task_id, index), pod in launched.pods.items():
        if task_id == "each":
            resources = _worker_of(pod)["resources"]
            assert resources["requests"]["memory"] == resources["limits"]["memory"]
            sizes[index] = resources["limits"]["memory"]
    assert sizes == {index: f"{index + 1}Mi" for index in range(INSTANCES) if index != BAD}


def test_a_wrong_size_fails_its_instance_alone(launched):
    """Its event names the value, the source and the remedy; no other instance has failed."""
    assert launched.states[BAD] == "failed"
    assert "failed" not in [state for index, state in launched.states.items() if index != BAD]
    said = launched.events["each", BAD]
    assert said.startswith("RunTimeValue: memory='lots', from the result of task 'plan', is not a Kubernetes")


def test_a_run_chooses_within_what_the_site_allows(launched):
    """Params of the run and of the DAG, and an XCom: amounts, the image, a node, a label."""
    pod = launched.pods["work", -1]
    assert _worker_of(pod)["image"] == "registry.example.com/airflow:chosen"
    assert _worker_of(pod)["resources"]["limits"] == {"cpu": "20m", "memory": "64Mi"}
    assert pod["spec"]["nodeSelector"] == {"pool": "batch"}
    assert pod["metadata"]["labels"]["team"] == "none"
    said = launched.events["work", -1]
    assert "is 2Gi, and [k8sexec] max_runtime allows 1Gi" in said
