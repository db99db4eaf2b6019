"""Per-try values that depend on how the earlier tries ended, on the real executor.

One deployment on SQLite, and one on PostgreSQL, on Airflow 3 with two schedulers. All tasks run at once, with
``retry_delay=0``. Their first pods end while every scheduler is dead, killed by SIGKILL; the later ones while
schedulers run.
"""

from __future__ import annotations

import shutil
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_databases import HOW_TO_GET_POSTGRES, find_postgres, run_postgres
from airflow_stack import AirflowStack, Site, run_stack
from attrs import field, frozen
from conftest import FIGURES
from node import Node
from statsd_server import read_metrics, run_statsd, statsd_settings

from airflow_provider_k8sexec._compat import AIRFLOW_3, airflow_version
from airflow_provider_k8sexec.past_tries.earlier_ends import STEP_EVENT
from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cluster

HERE = Path(__file__).parent
OOM = "OOMKilled"
METRICS = "airflow.k8sexec."
FATES = {
    ("ladder", -1, 1): OOM,
    ("ladder", -1, 3): OOM,
    ("orphaned", -1, 1): OOM,
    ("taken", -1, 1): "EvictionByEvictionAPI",
    ("taken", -1, 2): "PreemptionByScheduler",
    ("mapped", 1, 1): OOM,
    ("too_early", -1, 1): OOM,
}
"""What becomes of a try, by DAG, map index and number."""
SETTINGS = {
    # On a machine that is busy, a scheduler is not to take itself for dead.
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "120",
    # Likewise, a worker is to wait for the API server.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
    "AIRFLOW__K8SEXEC__PRICES": '{"currency": "EUR", "per_hour": {"cpu": 0.04, "memory": 0.005}}',
}
TOO_EARLY = ("too_early", -1, 1)
"""The try whose first pod ends before its task begins."""
WITHOUT_SCHEDULER = {("ladder", -1, 1), ("orphaned", -1, 1)}
"""Tries that end while no scheduler runs."""
FIRST = {"sqlite": ["ladder", "orphaned"], "postgresql": ["ladder", "orphaned", "taken", "mapped"]}
"""The DAGs that run from the start."""
LATER = {"sqlite": [], "postgresql": ["too_early", "child"]}
"""Those that run after the schedulers were killed: an executor that adopts a pod does not launch it again."""
RUNNING = "SELECT dag_id, map_index, try_number FROM task_instance WHERE state = 'running'"
EVENTS = "SELECT dag_id, map_index, try_number, event, extra FROM log WHERE event LIKE 'pod %' ORDER BY id"
KILLED_JOBS = """
id IN (SELECT job_id FROM task_instance WHERE state = 'running' AND dag_id = '{}' AND map_index = {}
AND try_number = {})
"""


@frozen
class Climbed:
    """What is left when all is done.

    Attributes:
        states: State and number of tries of each instance, by DAG and map index.
        pods: The pods of each instance in the order of their creation.
        events: The rows of the event log by DAG and map index: the try, the event, and what it says.
        metrics: The metrics of this package that its processes sent.
    """

    states: dict[tuple[str, int], tuple[str, int]]
    pods: dict[tuple[str, int], list[dict[str, Any]]] = field(factory=dict)
    events: dict[tuple[str, int], list[tuple[int, str, str]]] = field(factory=dict)
    metrics: dict[str, float] = field(factory=dict)

    def memory(self, dag_id: str, index: int = -1) -> list[tuple[int, str]]:
        """Give the try and the memory of each pod."""
        return [
            (int(pod["metadata"]["annotations"]["try_number"]), _limits_of(pod)["memory"])
            for pod in self.pods[dag_id, index]
        ]

    def said(self, event: str, dag_id: str, index: int = -1) -> list[tuple[int, str]]:
        """Give the sentences of an event, each with its try."""
        return sorted((number, text) for number, of, text in self.events[dag_id, index] if of == event)


class _Deployment:
    """A deployment, and what has happened to its pods."""

    def __init__(self, stack: AirflowStack, node: Node) -> None:
        self.stack, self.node = stack, node
        self._met: dict[tuple[str, int, int], str] = {}
        self._aged: set[tuple[str, int, int]] = set()

    def end_without_schedulers(self) -> None:
        """Kill the schedulers, end some pods, and start the schedulers again."""
        self.stack.wait_until(lambda: {*self._running()} >= WITHOUT_SCHEDULER, "the tasks of the first tries")
        schedulers = [name for name in self.stack.components if name.startswith("scheduler")]
        for name in schedulers:
            self.stack.components[name].kill()
        for key in WITHOUT_SCHEDULER:
            self._meet(key)
        self.stack.wait_until(lambda: all(map(self._has_ended, WITHOUT_SCHEDULER)), "the end of the pods")
        self.stack.age_heartbeats("job_type = 'SchedulerJob'")
        for name in schedulers:
            self.stack.components[name].start()

    def end_others(self) -> bool:
        """Let the tries that run meet their fates; report whether all runs have ended."""
        for key in self._running():
            if key in FATES and key not in self._met and key != TOO_EARLY:
                self._meet(key)
            if not AIRFLOW_3 and key in self._met and key not in self._aged and self._has_ended(key):
                # It knows a killed task by its heartbeat alone, after minutes. Once for each: it fails a task
                # again for each time that it finds it so, and the next try with that.
                self._aged.add(key)
                self.stack.age_heartbeats(KILLED_JOBS.format(*key))
        # Its init container has left a file by which the next one knows that it need not wait.
        if TOO_EARLY not in self._met and (self.stack.home / TOO_EARLY[0]).exists():
            self._meet(TOO_EARLY)
        return not self.stack.query("SELECT 1 FROM dag_run WHERE state NOT IN ('success', 'failed')")

    def _running(self) -> Iterator[tuple[str, int, int]]:
        yield from self.stack.query(RUNNING)

    def _meet(self, key: tuple[str, int, int]) -> None:
        name = [pod["metadata"]["name"] for pod in self._pods_of(key)][-1]
        self._met[key] = name
        if FATES[key] == OOM:
            self.node.kill_out_of_memory(name)
        else:
            self.node.disrupt(name, FATES[key])

    def _has_ended(self, key: tuple[str, int, int]) -> bool:
        return self._pods_of(key)[-1]["status"]["phase"] == "Failed"

    def _pods_of(self, key: tuple[str, int, int]) -> list[dict[str, Any]]:
        return [pod for pod in list(self.node.pods.values()) if (*_instance_of(pod), _try_of(pod)) == key]

    def collect(self) -> Climbed:
        """Give what is left."""
        rows = self.stack.query("SELECT dag_id, map_index, state, try_number FROM task_instance")
        climbed = Climbed({(dag, index): (state, number) for dag, index, state, number in rows})
        for pod in sorted(self.node.pods.values(), key=lambda pod: (_try_of(pod), _created(pod))):
            climbed.pods.setdefault(_instance_of(pod), []).append(pod)
        events = (
            "SELECT dag_id, map_index, try_number, event, extra FROM log WHERE event LIKE 'pod %' ORDER BY id"
        )
        for dag, index, *row in self.stack.query(events):
            climbed.events.setdefault((dag, index), []).append(tuple(row))
        return climbed


def _instance_of(pod: dict[str, Any]) -> tuple[str, int]:
    annotations = pod["metadata"]["annotations"]
    return annotations["dag_id"], int(annotations.get("map_index", -1))


def _try_of(pod: dict[str, Any]) -> int:
    return int(pod["metadata"]["annotations"]["try_number"])


def _created(pod: dict[str, Any]) -> str:
    return pod["metadata"]["creationTimestamp"]


def _limits_of(pod: dict[str, Any]) -> dict[str, str]:
    return pod["spec"]["containers"][0]["resources"]["limits"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def climbed(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Climbed:
    """Give what is left when all is done, on a database."""
    if request.param == "postgresql" and find_postgres() is None:
        pytest.skip(HOW_TO_GET_POSTGRES)
    folder, namespace = tmp_path_factory.mktemp(request.param), cluster.create_namespace(request.param)
    (folder / "dags").mkdir()
    shutil.copy(HERE / "dags" / "steps.py", folder / "dags")
    began = time.monotonic()
    postgres = run_postgres() if request.param == "postgresql" else nullcontext("")
    with postgres as url, run_statsd() as (port, lines):
        site = Site(
            namespace=namespace,
            kubeconfig=cluster.kubeconfig,
            dags=folder / "dags",
            settings={**SETTINGS, **statsd_settings(port)},
            database=url,
            schedulers=2 if url and AIRFLOW_3 else 1,
        )
        stack = AirflowStack(folder, site)
        found = _climb(
            stack, Node(cluster.client, namespace, folder / "node", stack.image_env, room=8), request.param
        )
    found.metrics.update(read_metrics(line for line in lines if line.startswith(METRICS)))
    seconds, pods = time.monotonic() - began, sum(map(len, found.pods.values()))
    FIGURES.append(f"steps, Airflow {airflow_version}, {request.param}: {pods} pods in {seconds:.0f} s")
    return found


def _climb(stack: AirflowStack, node: Node, kind: str) -> Climbed:
    node.limits_memory = True
    with node, run_stack(stack):
        stack.wait_for_dags([*FIRST[kind], *LATER[kind]])
        stack.trigger(FIRST[kind])
        deployment = _Deployment(stack, node)
        deployment.end_without_schedulers()
        stack.trigger(LATER[kind])
        stack.wait_until(deployment.end_others, "the end of all runs")
        return deployment.collect()


def test_memory_grows_after_out_of_memory_alone(climbed):
    """Out of memory, a failure of its own, out of memory: 1Gi, 2Gi, 2Gi, 4Gi, whoever was alive meanwhile."""
    assert climbed.memory("ladder") == [(1, "1Gi"), (2, "2Gi"), (3, "2Gi"), (4, "4Gi")]
    assert climbed.states["ladder", -1] == ("success", 4)
    assert climbed.said(STEP_EVENT, "ladder") == [
        (2, "memory has step 2 of 3 (after='oom'): try 1 ended so."),
        (3, "memory has step 2 of 3 (after='oom'): try 1 ended so."),
        (4, "memory has step 3 of 3 (after='oom'): tries 1, 3 ended so."),
    ]
    assert [number for number, _ in climbed.said(FAILURE_EVENT, "ladder")] == [1, 3]


def test_the_schedulers_send_metrics_of_steps_failures_and_cost(climbed):
    """A StatsD server gets them from the scheduler of each line, under names by which tasks differ."""
    sent = {name.removeprefix(METRICS): value for name, value in climbed.metrics.items()}
    assert sent["steps_taken.ladder.climb.oom"] == 3
    assert sent["pod_problems.ladder.climb.OOMKilled"] == 2
    assert sent["pods_ended.ladder.climb.OOMKilled"] == 2
    assert sent["pods_ended.ladder.climb.Failed"] == 1  # that of the last pod may come too late for the test
    assert sent["pod_seconds.ladder.climb.none"] > 0
    # Its options request memory alone, and replace the amounts of the pod template.
    cost = 0.005 * sent["memory_requested_gib_hours.ladder.climb.none"]
    assert sent["cost.ladder.climb.none"] == pytest.approx(cost)
    assert "records_waiting" in sent


def test_a_pod_that_ended_while_no_scheduler_ran_counts(climbed):
    """All schedulers were killed before it ended; the next one finds the pod, or the record of its worker."""
    first, *others = climbed.memory("orphaned")
    assert first == (1, "1Gi")
    # Airflow 2.11 takes the end of the first pod for that of the second try, and launches a third.
    assert {memory for _, memory in others} == {"2Gi"}


@pytest.fixture
def all_of_them(climbed: Climbed) -> Climbed:
    """Give what is left of the deployment that has all tasks."""
    if ("taken", -1) not in climbed.pods:
        pytest.skip("on PostgreSQL")
    return climbed


def test_a_pod_whose_node_was_taken_moves_to_on_demand(all_of_them):
    """From the first disruption on; memory does not grow with that."""
    selectors = [pod["spec"].get("nodeSelector") for pod in all_of_them.pods["taken", -1]]
    assert selectors == [{"pool": "spot"}, {"pool": "on-demand"}, {"pool": "on-demand"}]
    assert {memory for _, memory in all_of_them.memory("taken")} == {"1Gi"}


def test_each_mapped_instance_has_its_own_step(all_of_them):
    """One fails by itself, the other runs out of memory."""
    assert all_of_them.memory("mapped", 0) == [(1, "1Gi"), (2, "1Gi")]
    assert all_of_them.memory("mapped", 1) == [(1, "1Gi"), (2, "2Gi")]


def test_a_pod_that_ends_before_its_task_begins_counts(all_of_them):
    """The executor launches another pod for the same try, and that has more."""
    assert all_of_them.memory("too_early") == [(1, "1Gi"), (1, "2Gi")]
    assert all_of_them.states["too_early", -1] == ("success", 1)


def test_a_child_that_is_killed_counts_though_its_pod_is_not(all_of_them):
    """The kernel kills a process of the task; the worker says so, and the pod as a whole ends well."""
    assert all_of_them.memory("child") == [(1, "600Mi"), (2, "1200Mi")]
    assert all_of_them.said(STEP_EVENT, "child") == [
        (2, "memory has step 2 of 2 (after='oom'): try 1 ended so.")
    ]
    (sentence,) = [text for number, text in all_of_them.said(FAILURE_EVENT, "child") if number == 1]
    assert sentence == (
        "OOMKilled: memory='600Mi' was exceeded; set retries=... so that it runs again, with memory='1200Mi'."
    )
