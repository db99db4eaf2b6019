"""Several executors on a real deployment: which of them runs a task, and what its worker needs for its DAG.

One deployment in phases. Its pod template sets ``AIRFLOW__CORE__EXECUTOR=LocalExecutor`` in workers, as every
chart's does. At first, amendments are off; then they are on; then its default executor is Celery's.
"""

from __future__ import annotations

import shutil
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_stack import BIN, HOST, AirflowStack, Component, Site, free_port, run_stack
from attrs import field, frozen
from conftest import FIGURES
from node import Node

from airflow_provider_k8sexec._compat import AIRFLOW_3, airflow_version

if TYPE_CHECKING:
    from conftest import Cluster

DAG_FILE = Path(__file__).parent / "dags" / "several_executors.py"
LOCAL = "LocalExecutor,KubernetesExecutor"
CELERY = "CeleryExecutor,KubernetesExecutor"
HOW_TO_GET_REDIS = "no redis-server; `apt-get install redis-server` gives one"
OPTION = "AIRFLOW__CORE__EXECUTOR"
HAS_CELERY = airflow_version.startswith("3.3.")
"""Whether ``tests/constraints`` has Celery's provider."""
HAS_CELERY = airflow_version.startswith("3.3.")
"""Whether ``tests/constraints`` has Celery's provider."""
OF_CELERY = pytest.mark.skipif(not HAS_CELERY, reason="Celery's executor is tested on the newest line")


@frozen
class Phase:
    """What is left of one phase of the deployment.

    Attributes:
        executors: What ran each try that was made, by DAG, task and map index; ``None`` is the default.
        pods: The pods of each of them, in the order of their creation.
        log: What the scheduler has said in it.
    """

    executors: dict[tuple[str, str, int], tuple[str, int, str | None]] = field(factory=dict)
    pods: dict[tuple[str, str, int], list[dict[str, Any]]] = field(factory=dict)
    log: str = ""

    def tries(self, *key: str | int) -> list[str]:
        """Give the tries that pods of a task instance were launched for."""
        return [pod["metadata"]["annotations"]["try_number"] for pod in self.pods.get(key, [])]


@frozen
class Ran:
    """What is left when all is done.

    Attributes:
        trapped: Amendments are off.
        mended: They are on.
        celery: Celery is the default.
        output: What the first pod of the trap has written.
        tasks_of_celery: How many tasks Celery's worker has run.
    """

    trapped: Phase
    mended: Phase
    celery: Phase
    output: str
    tasks_of_celery: int


class _Deployment:
    """The deployment, and what has happened in its present phase."""

    def __init__(self, stack: AirflowStack, node: Node) -> None:
        self.stack, self.node = stack, node
        self._seen: set[str] = set()
        self._said = 0

    def reconfigure(self, **variables: str) -> None:
        """Start the components that read ``[core] executor`` again, with other variables."""
        self.stack.env.update(variables)
        self.stack.restart_scheduler()
        processor = self.stack.components.get("dag-processor")
        if processor is not None:
            processor.kill()
            processor.start()

    def run(self, *dag_ids: str) -> Phase:
        """Make a run of each DAG, and give what is left of it."""
        before = dict(self.stack.query("SELECT dag_id, count(*) FROM dag_run GROUP BY dag_id"))
        self.stack.trigger(dag_ids)
        ended = "SELECT dag_id, count(*) FROM dag_run WHERE state IN ('success', 'failed') GROUP BY dag_id"

        def have_ended() -> bool:
            after = dict(self.stack.query(ended))
            return all(after.get(dag_id, 0) > before.get(dag_id, 0) for dag_id in dag_ids)

        self.stack.wait_until(have_ended, f"runs of {dag_ids}")
        return self._collect()

    def _collect(self) -> Phase:
        pods: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
        new = {uid: pod for uid, pod in self.node.pods.items() if uid not in self._seen}
        for pod in sorted(new.values(), key=lambda pod: pod["metadata"]["annotations"]["try_number"]):
            annotations = pod["metadata"]["annotations"]
            index = int(annotations.get("map_index", -1))
            pods.setdefault((annotations["dag_id"], annotations["task_id"], index), []).append(pod)
        self._seen.update(new)
        rows = self.stack.query(
            "SELECT dag_id, task_id, map_index, task_instance.state, try_number, executor FROM task_instance "
            "JOIN dag_run USING (dag_id, run_id) WHERE dag_run.id IN "
            "(SELECT max(id) FROM dag_run GROUP BY dag_id)"
        )
        log = self.stack.components["scheduler"].log.read_text(encoding="utf-8")
        said, self._said = log[self._said :], len(log)
        return Phase({(dag, task, index): of_try for dag, task, index, *of_try in rows}, pods, said)


def start_celery(stack: AirflowStack) -> dict[str, str]:
    """Start a Redis and a worker of Celery, and give what the scheduler needs to know of them.

    Raises:
        RuntimeError: There is no Redis on this machine.
    """
    redis = shutil.which("redis-server")
    if redis is None:
        raise RuntimeError(HOW_TO_GET_REDIS)
    port = free_port()
    url = f"redis://{HOST}:{port}"
    variables = {
        OPTION: CELERY,
        "AIRFLOW__CELERY__BROKER_URL": f"{url}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"{url}/1",
    }
    server = [redis, "--port", str(port), "--bind", HOST, "--save", "", "--dir", str(stack.home)]
    worker = [str(BIN / "airflow"), "celery", "worker", "--concurrency", "2", "--skip-serve-logs"]
    stack.env.update(variables)
    logs = stack.components["scheduler"].log.parent
    for name, command in {"redis": server, "celery": worker}.items():
        stack.components[name] = Component(command, stack.env, logs / f"{name}.log")
        stack.components[name].start()
        if name == "redis":
            stack.wait_until(lambda: _answers(port), "Redis")
    return variables


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=5):
        return True
    return False


@pytest.fixture(scope="module")
def ran(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Give what is left when all is done."""
    folder, namespace = tmp_path_factory.mktemp("executors"), cluster.create_namespace("executors")
    (folder / "dags").mkdir()
    shutil.copy(DAG_FILE, folder / "dags")
    settings = {
        OPTION: LOCAL,
        "AIRFLOW__K8SEXEC__EXECUTOR": "KubernetesExecutor",
        "AIRFLOW__K8SEXEC__AMEND_PODS": "False",
        # On a machine that is busy, a scheduler is not to take itself for dead.
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    }
    stack = AirflowStack(folder, Site(namespace, cluster.kubeconfig, folder / "dags", settings))
    # A worker of Airflow 3 that cannot load its DAG is launched again; once, and soon, is enough here.
    stack.image_env["AIRFLOW__WORKERS__MISSING_DAG_RETRIES"] = "1"
    stack.image_env["AIRFLOW__WORKERS__MISSING_DAG_RETRY_DELAY"] = "1"
    began = time.monotonic()
    with Node(cluster.client, namespace, folder / "node", stack.image_env, room=3) as node, run_stack(stack):
        deployment = _Deployment(stack, node)
        stack.wait_for_dags(["named", "routed", "trapped"])
        trapped = deployment.run("trapped")
        deployment.reconfigure(AIRFLOW__K8SEXEC__AMEND_PODS="True")
        mended = deployment.run("trapped", "routed", "named")
        celery, done = Phase(), ""
        if HAS_CELERY:
            deployment.reconfigure(**start_celery(stack))
            celery = deployment.run("routed", "named")
            done = stack.components["celery"].log.read_text(encoding="utf-8")
    seconds = time.monotonic() - began
    FIGURES.append(f"several executors, Airflow {airflow_version}: all phases in {seconds:.0f} s")
    (first, *_) = trapped.pods["trapped", "plain", -1]
    output = (node.logs / f"{first['metadata']['name']}.log").read_text(encoding="utf-8")
    return Ran(trapped, mended, celery, output, done.count("succeeded in"))


def executors_of(pod: dict[str, Any]) -> str:
    """Give the ``[core] executor`` that a pod sets in its worker."""
    (value,) = [item["value"] for item in pod["spec"]["containers"][0]["env"] if item["name"] == OPTION]
    return value


def test_without_the_amendment_no_worker_can_load_the_dag(ran: Ran) -> None:
    """The trap: the DAG names an executor that the template's ``LocalExecutor`` lacks."""
    state, number, executor = ran.trapped.executors["trapped", "plain", -1]
    assert (state, number, executor) == ("failed", 1, "KubernetesExecutor")
    pods = ran.trapped.pods["trapped", "plain", -1]
    assert {executors_of(pod) for pod in pods} == {"LocalExecutor"}
    said = "Dag not found during start up" if AIRFLOW_3 else "Dag 'trapped' could not be found"
    assert said in ran.output
    assert len(pods) == (2 if AIRFLOW_3 else 1)


def test_with_the_amendment_it_runs(ran: Ran) -> None:
    """The same DAG and template: one pod, with the scheduler's executors, and a line in its log."""
    assert ran.mended.executors["trapped", "plain", -1] == ["success", 1, "KubernetesExecutor"]
    (pod,) = ran.mended.pods["trapped", "plain", -1]
    assert executors_of(pod) == LOCAL
    assert f"Pod of task 'plain' of DAG 'trapped': {OPTION} is the scheduler's '{LOCAL}'" in ran.mended.log


@pytest.mark.parametrize("phase", ["mended", pytest.param("celery", marks=OF_CELERY)])
@pytest.mark.parametrize(
    "key",
    [
        ("routed", "mapped", 0),
        ("routed", "mapped", 1),
        ("routed", "by_config", -1),
        ("named", "mapped", 0),
        ("named", "mapped", 1),
    ],
)
def test_each_try_of_a_task_with_pod_options_has_a_pod(
    ran: Ran, phase: str, key: tuple[str, str, int]
) -> None:
    """Routed or named, mapped or not: the second try has not gone elsewhere."""
    of_phase: Phase = getattr(ran, phase)
    assert of_phase.executors[key] == ["success", 2, "KubernetesExecutor"]
    assert of_phase.tries(*key) == ["1", "2"]
    memory = [pod["spec"]["containers"][0]["resources"]["limits"]["memory"] for pod in of_phase.pods[key]]
    assert memory == ["300Mi", "300Mi"]


@pytest.mark.parametrize("phase", ["mended", pytest.param("celery", marks=OF_CELERY)])
def test_a_routed_task_runs_beside_one_that_names_its_executor(ran: Ran, phase: str) -> None:
    """Its worker loads the DAG of the other one."""
    of_phase: Phase = getattr(ran, phase)
    assert of_phase.executors["named", "beside", -1] == ["success", 1, "KubernetesExecutor"]
    (pod,) = of_phase.pods["named", "beside", -1]
    assert executors_of(pod) == (LOCAL if phase == "mended" else CELERY)


@pytest.mark.parametrize("phase", ["mended", pytest.param("celery", marks=OF_CELERY)])
def test_a_task_without_pod_options_stays_with_the_default_executor(ran: Ran, phase: str) -> None:
    """Beside routed ones, and at its second try: it has no pod."""
    of_phase: Phase = getattr(ran, phase)
    assert of_phase.executors["routed", "plain", -1] == ["success", 2, None]
    assert ("routed", "plain", -1) not in of_phase.pods


@OF_CELERY
def test_celery_has_run_the_others_alone(ran: Ran) -> None:
    """Two tries of one task went by Redis to its worker."""
    assert ran.tasks_of_celery == 2
