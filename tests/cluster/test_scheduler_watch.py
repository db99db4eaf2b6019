"""The watch in a process like a scheduler, with Airflow's own executor and the processes that it forks."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from airflow_databases import HOW_TO_GET_POSTGRES, Records, find_postgres, migrate, run_postgres
from airflow_stack import PACKAGE, Component
from conftest import FIGURES
from fault_proxy import STATUSES, run_fault_proxy
from test_pod_watch import DISRUPTIONS, OUT_OF_MEMORY, Pods

from airflow_provider_k8sexec._compat import airflow_version
from airflow_provider_k8sexec.launch import scheduler_watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Cluster

OUR_THREADS = {"k8sexec-watch", "k8sexec-watch-pods", "k8sexec-records"}
PROGRAM = Path(__file__).parent / "watching_scheduler.py"


class Schedulers:
    """Processes like schedulers, on one database and one API server.

    Attributes:
        records: The database.
    """

    def __init__(self, url: str, kubeconfig: str, folder: Path) -> None:
        from sqlalchemy import create_engine

        self.records = Records(create_engine(url))
        self._folder = folder
        self._environ = {
            **os.environ,
            "PYTHONPATH": str(PACKAGE.parent),
            "AIRFLOW_HOME": str(folder),
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor,KubernetesExecutor",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER": "False",
            "AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE": kubeconfig,
        }

    def start(self, job: int, *namespaces: str) -> Component:
        """Start one that watches in namespaces."""
        several = {
            "AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE": str(len(namespaces) > 1),
            "AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE_NAMESPACE_LIST": ",".join(namespaces),
            "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE": namespaces[0],
        }
        log = self._folder / f"scheduler-{job}.log"
        command = [sys.executable, str(PROGRAM), str(job)]
        component = Component(command, {**self._environ, **several}, log)
        component.start()
        wait_until(lambda: "k8sexec-watch-pods" in log.read_text(encoding="utf-8"), f"scheduler {job}")
        return component


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Wait until something is so.

    Raises:
        RuntimeError: It took too long.
    """
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError(f"not in {seconds} seconds: {what}")
        time.sleep(0.3)


@contextmanager
def make_schedulers(url: str, kubeconfig: str, folder: Path) -> Iterator[Schedulers]:
    """Give a way to start schedulers on a new database."""
    migrate(url, folder)
    schedulers = Schedulers(url, kubeconfig, folder)
    try:
        yield schedulers
    finally:
        schedulers.records.engine.dispose()


def list_threads(log: str) -> list[str]:
    """List the names of the threads that a scheduler has lately written of, in a whole line."""
    return log.rpartition("\n")[0].rpartition("threads: ")[2].partition("\n")[0].split()


def has_all_threads(scheduler: Component) -> bool:
    """Report whether a scheduler watches in all its threads; each begins with its first namespace."""
    threads = list_threads(scheduler.log.read_text(encoding="utf-8"))
    return threads.count("k8sexec-watch-pods") >= scheduler_watch.THREADS


def test_the_watch_begins_with_the_scheduler_and_has_few_threads(cluster: Cluster, tmp_path):
    """In all namespaces that the executor watches, before anything is launched; then a new one goes on."""
    namespaces = [cluster.create_namespace("many") for _ in range(6)]
    url = f"sqlite:///{tmp_path}/airflow.db?timeout=30"
    with make_schedulers(url, cluster.kubeconfig, tmp_path) as schedulers:
        pods = [Pods(cluster, namespace, schedulers.records) for namespace in namespaces]
        first = schedulers.start(7, *namespaces)
        try:
            for number, some in enumerate(pods):
                some.create(f"worker-{number}", scheduler=7)
                some.kill_out_of_memory(f"worker-{number}")
            expected = [(f"worker-{number}", OUT_OF_MEMORY) for number in range(6)]
            wait_until(lambda: len(schedulers.records.read_all()) == 6, "the records of all namespaces")
            wait_until(lambda: has_all_threads(first), "the threads of the first scheduler")
        finally:
            first.kill()
        pods[0].create("between", scheduler=7)
        pods[0].kill_out_of_memory("between")
        second = schedulers.start(8, *namespaces)
        try:
            wait_until(lambda: len(schedulers.records.read_all()) == 7, "the record of a failure in between")
            wait_until(lambda: has_all_threads(second), "the threads of the second scheduler")
            time.sleep(3)  # in which a thread too many would show
        finally:
            second.kill()
        found = [(of.task_id, sentence) for of, sentence in schedulers.records.read_all()]
    assert sorted(found) == sorted([*expected, ("between", OUT_OF_MEMORY)])
    logs = [log.read_text(encoding="utf-8") for log in (first.log, second.log)]
    for log in logs:
        threads = list_threads(log)
        assert threads.count("k8sexec-watch-pods") == scheduler_watch.THREADS
        assert {name for name in threads if name.startswith("k8sexec")} <= OUR_THREADS
        assert "cannot be watched" not in log


FATES = {
    "oom": "OOMKilled",
    "oom-deleted": "OOMKilled",
    "evicted": "Evicted",
    **{f"disrupted-{reason.lower()}": reason for reason in DISRUPTIONS},
    "stuck": "Unschedulable",
    "foreign": "",
    "deleted-by-a-user": "",
    "found-a-node": "",
    "succeeded": "",
    "failed-by-itself": "",
}
"""What becomes of pods, and the reason that is to be recorded; none where nothing is wrong with the pod."""
POLITE = [fate for fate in FATES if "deleted" not in fate and "disrupted" not in fate]
"""Fates of pods that are there afterwards: those of which a watch that was away can know."""


class Fates:
    """Pods that meet their fates while servers and schedulers fail.

    Attributes:
        expected: The records that there are to be: a task and a reason each.
    """

    def __init__(self, pods: Pods) -> None:
        self.expected: list[tuple[str, str]] = []
        self.count = 0
        self._pods = pods

    def begin(self, fates: list[str], schedulers: list[int], times: int) -> list[str]:
        """Launch pods, each of a scheduler in turn; give their names."""
        names = []
        for number in range(times * len(fates)):
            fate, self.count = fates[number % len(fates)], self.count + 1
            name = f"{fate}-{self.count}"
            scheduler = schedulers[self.count % len(schedulers)]
            if fate == "foreign":
                from airflow_databases import identify

                from airflow_provider_k8sexec.pod.pod_try import PodTry

                self._pods.launch(name, PodTry(**identify(f"foreign {self.count}", 1)), scheduler, "node-1")
            else:
                self._pods.create(name, scheduler, node=None if fate == "stuck" else "node-1")
            if FATES[fate]:
                self.expected.append((name, FATES[fate]))
            if fate in {"stuck", "found-a-node"}:
                self._pods.leave_unscheduled(name)
            else:
                self._pods.report(name, "Running")
            names.append(name)
        return names

    def end(self, names: list[str]) -> None:
        """Let pods meet their fates."""
        for name in names:
            self._end(name, name.rpartition("-")[0])

    def _end(self, name: str, fate: str) -> None:
        pods = self._pods
        if fate.startswith("disrupted"):
            pods.disrupt(name, FATES[fate])
        if fate.startswith("disrupted") or fate == "deleted-by-a-user":
            pods.delete(name)
            pods.end(name, 137)
            pods.delete(name, grace=0)
        elif fate in {"oom", "oom-deleted", "foreign"}:
            pods.kill_out_of_memory(name)
            if fate == "oom-deleted":
                pods.delete(name)
        elif fate == "evicted":
            pods.report(name, "Failed", reason="Evicted", message="The node was low on resource: memory.")
        elif fate != "stuck":
            pods.end(name, 1 if fate == "failed-by-itself" else 0)


@pytest.mark.faults
def test_no_record_is_false_and_none_is_lost_whatever_fails(cluster: Cluster, tmp_path):
    """An API server that errs and is killed, PostgreSQL that refuses writes, a scheduler that is killed."""
    if find_postgres() is None:
        pytest.skip(HOW_TO_GET_POSTGRES)
    if cluster.control_plane is None:
        pytest.skip("the API server is not ours to kill")
    namespace, api_server = cluster.create_namespace("watch-faults"), cluster.control_plane.api_server
    times = int(os.environ.get("FAULT_TASKS", "40")) // 20 or 1
    with run_postgres() as url, run_fault_proxy(cluster.client) as proxy:
        kubeconfig = str(proxy.write_kubeconfig(tmp_path / "kubeconfig"))
        with make_schedulers(url, kubeconfig, tmp_path) as schedulers:
            pods = Pods(cluster, namespace, schedulers.records)
            fates = Fates(pods)
            running = {job: schedulers.start(job, namespace) for job in (7, 8)}
            try:
                time.sleep(3)  # who ends and is deleted before the first list is gone
                fates.end(fates.begin(list(FATES), [7, 8], times))
                for _ in range(times):
                    proxy.begin_faults()
                    fates.end(fates.begin(list(FATES), [7, 8], 1))
                    time.sleep(3)
                errors, _ = proxy.faults.total(), proxy.end_faults()
                names = fates.begin(list(FATES), [7, 8], times)
                allow = schedulers.records.refuse_writes()
                fates.end(names)
                time.sleep(10)
                allow()
                names = fates.begin(POLITE, [7, 8], times)
                api_server.kill()
                time.sleep(5)
                api_server.start()
                cluster.control_plane.wait_until_ready()
                fates.end(names)
                names = fates.begin(POLITE, [7], times)
                running.pop(7).kill()
                fates.end(names[::2])
                running[9] = schedulers.start(9, namespace)
                pods.adopt_all(7, 9)
                fates.end(names[1::2])
                with suppress(RuntimeError):
                    wait_until(lambda: len(schedulers.records.read_all()) >= len(fates.expected), "all", 150)
                time.sleep(15)  # for what should not come
            finally:
                for component in running.values():
                    component.kill()
            found = schedulers.records.read_all()
    records = sorted((of.task_id, sentence.partition(":")[0]) for of, sentence in found)
    lines = [line for job in (7, 8, 9) for line in warnings_of(tmp_path / f"scheduler-{job}.log")]
    FIGURES.append(
        f"watch, Airflow {airflow_version}: {fates.count} pods, {len(fates.expected)} to be recorded, "
        f"{len(records)} recorded, {len(set(fates.expected) - set(records))} lost, "
        f"{len(set(records) - set(fates.expected))} false; {errors} errors, {len(STATUSES)} kinds; "
        f"{len(lines)} lines about trouble in 3 logs"
    )
    assert records == sorted(fates.expected)


def warnings_of(log: Path) -> list[str]:
    """Give the lines in which the watch says what is wrong with itself."""
    said = ("cannot be watched", "could not be recorded", "could not be read")
    return [
        line for line in log.read_text(encoding="utf-8").splitlines() if any(text in line for text in said)
    ]
