"""Begins to watch worker pods with the scheduler, in threads of that process.

Neither the scheduler's loop nor the executor ever waits for them. Their number is bounded, whatever the
number of namespaces, and an API server that is away costs one log line an hour.
"""

from __future__ import annotations

import logging
import multiprocessing.process
import random
import threading
import time
from typing import TYPE_CHECKING, Any

from attrs import define

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context.executors import has_kubernetes_executor
from airflow_provider_k8sexec.context.switches import is_on
from airflow_provider_k8sexec.launch.hourly_log import describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.launch.watch import PodWatch, Target, is_outdated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubernetes.client import CoreV1Api

THREADS = 4
"""The most threads that watch; each takes its namespaces in turn."""
ROUND = 10
"""Seconds that a round through a thread's namespaces should take, as far as each gets one second."""
LONGEST_PAUSE = 120
"""Seconds after which a server that was away is asked again at the latest; five minutes are forgotten."""
_POLL = 1
_WATCHER = "KubernetesJobWatcher"
_ALL_NAMESPACES = "ALL_NAMESPACES"

_log = logging.getLogger(__name__)
_is_begun = False


def begin() -> None:
    """Begin to watch the pods of this process's executors, once; never raises.

    A process that is forked from this one, as for a task of the LocalExecutor, does not begin again.
    """
    global _is_begun  # noqa: PLW0603  # one watch for the life of a process and its children
    if _is_begun:
        return
    _is_begun = True
    try:
        if is_on("watch_pods") and has_kubernetes_executor():
            threading.Thread(target=_follow_executors, name="k8sexec-watch", daemon=True).start()
    except Exception as error:  # noqa: BLE001  # the scheduler starts
        warn_hourly(_log, "begin", "Worker pods are not watched: %s", describe_error(error))


def _follow_executors() -> None:
    """Watch what the executors of this process watch, as they begin to.

    Until there is an executor that does, this only sleeps: the process forks as it starts, and a child could
    not use what a thread had locked at that moment.
    """
    workers = [_Worker() for _ in range(THREADS)]
    known: set[Target] = set()
    while True:
        try:
            for target in _find_targets(_list_children()):
                if target not in known:
                    workers[len(known) % THREADS].add(PodWatch(target))
                    known.add(target)
        except Exception as error:  # noqa: BLE001  # no thread can be had
            warn_hourly(_log, "begin", "Worker pods are not watched: %s", describe_error(error))
        time.sleep(_POLL)


def _list_children() -> list[Any]:
    """List this process's children; ``active_children()`` would also reap them, which is up to others."""
    return list(multiprocessing.process._children)  # type: ignore[attr-defined]  # noqa: SLF001


def _find_targets(children: Iterable[Any]) -> Iterator[Target]:
    """Find what the executors watch: each has a child process for it, with one of Airflow's own classes."""
    for child in children:
        if any(kind.__name__ == _WATCHER for kind in type(child).__mro__):
            namespace = None if child.namespace == _ALL_NAMESPACES else child.namespace
            yield Target(namespace, str(child.scheduler_job_id), getattr(child, "team_name", None) or "")


@define(eq=False)
class _Turn:
    """A watch that takes turns with others in one thread.

    Attributes:
        watch: The watch.
        due: When its next turn is.
        failures: How often it has failed since it last succeeded.
    """

    watch: PodWatch
    due: float = 0
    failures: int = 0

    def postpone(self) -> None:
        """Put off its next turn, the longer the more often it has failed."""
        self.failures += 1
        pause = min(2.0**self.failures, LONGEST_PAUSE)
        # With jitter, for the schedulers and threads that lost the same server.
        self.due = time.monotonic() + pause * random.uniform(0.5, 1)  # noqa: S311  # no secret


class _Worker:
    """A thread that watches in some namespaces in turn; it begins with the first."""

    def __init__(self) -> None:
        self._turns: list[_Turn] = []
        self._thread: threading.Thread | None = None
        self._clients: dict[str, CoreV1Api] = {}

    def add(self, watch: PodWatch) -> None:
        """Take over one more namespace."""
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="k8sexec-watch-pods", daemon=True)
            thread.start()
            self._thread = thread
        self._turns.append(_Turn(watch))

    def _work(self) -> None:
        while True:
            due = [turn for turn in self._turns if turn.due <= time.monotonic()]
            for turn in due:
                self.take(turn)
            if not due:
                time.sleep(_POLL)

    def take(self, turn: _Turn) -> None:
        """Let a watch go its round; put it off if it fails, and all of them if no server answers."""
        try:
            client = self._client(turn.watch.target.team)
            turn.watch.go_round(client, max(1, ROUND // len(self._turns)))
            turn.failures = 0
        except Exception as error:  # noqa: BLE001  # whatever it is, the scheduler goes on
            self._clients.clear()
            is_answer = getattr(error, "status", None)
            for other in [turn] if is_answer else self._turns:
                other.postpone()
            if not is_outdated(error):
                _warn(turn.watch.target, error)

    def _client(self, team: str) -> CoreV1Api:
        if team not in self._clients:
            self._clients[team] = compat.load_kube_client(team)
        return self._clients[team]


def _warn(target: Target, error: Exception) -> None:
    namespace = "all namespaces" if target.namespace is None else f"namespace {target.namespace}"
    message = "Worker pods in %s cannot be watched, and will be when that is over: %s"
    warn_hourly(_log, f"watch: {name_kind(error)}", message, namespace, describe_error(error))
