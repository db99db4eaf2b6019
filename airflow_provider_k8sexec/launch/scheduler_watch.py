"""Starts the watch over worker pods in the scheduler, in threads of that process.

Neither the scheduler's loop nor the executor ever waits for these threads. Their number is bounded, whatever
the number of namespaces, and an API server that does not respond costs one log line an hour.
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
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.launch.hourly_log import describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.launch.watch import PodWatch, Target, is_outdated
from airflow_provider_k8sexec.past_tries.metrics import send_metric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kubernetes.client import CoreV1Api

THREADS = 4
"""The number of threads that watch; each takes its namespaces in turn. One each would be 300 threads where
multi-namespace mode has 300 namespaces."""
ROUND = 10
"""Seconds that a round through a thread's namespaces should take; each namespace gets one second at least."""
LONGEST_PAUSE = 120
"""Seconds after which a server that did not respond gets the next request at the latest. API servers keep the
changes of five minutes, from which a watch can continue."""
_POLL = 1
_NOT_WATCHED = "Worker pods are not watched: %s"
_WATCHER = "KubernetesJobWatcher"
_ALL_NAMESPACES = "ALL_NAMESPACES"

_log = logging.getLogger(__name__)
_is_started = False


def begin() -> None:
    """Start to watch the pods of this process's executors, once; never raises.

    A process that is forked from this one, such as for a task of the LocalExecutor, does not start again.
    """
    global _is_started  # noqa: PLW0603  # one watch for the life of a process and its children
    if _is_started:
        return
    _is_started = True
    try:
        if load_context().is_on("watch_pods") and load_context().has_kubernetes_executor:
            threading.Thread(target=_follow_executors, name="k8sexec-watch", daemon=True).start()
    except Exception as error:  # noqa: BLE001  # the scheduler starts without the watch
        warn_hourly(_log, "begin", _NOT_WATCHED, describe_error(error))


def _follow_executors() -> None:
    """Watch the namespaces that the executors of this process watch, from the moment at which they do.

    Until an executor has its watcher, this thread only sleeps: the scheduler forks as it starts, and a child
    would inherit locked whatever another thread had locked at that moment. It must not wait for the first
    launch either: pods of an earlier scheduler that failed meanwhile would go unrecorded.
    """
    workers = [_Worker() for _ in range(THREADS)]
    known: set[Target] = set()
    while True:
        try:
            for target in _find_targets(_list_children()):
                if target not in known:
                    workers[len(known) % THREADS].add(PodWatch(target))
                    known.add(target)
        except Exception as error:  # noqa: BLE001  # the process can have no more threads
            warn_hourly(_log, "begin", _NOT_WATCHED, describe_error(error))
        time.sleep(_POLL)


def _list_children() -> list[Any]:
    """List this process's children.

    The public ``active_children()`` also reaps those that have ended, whose exit codes the executor reads.
    """
    return list(multiprocessing.process._children)  # type: ignore[attr-defined]  # noqa: SLF001


def _find_targets(children: Iterable[Any]) -> Iterator[Target]:
    """Find what the executors watch: each has a child process for that, of one of Airflow's own classes.

    The class is recognised by name: importing it would load the kubernetes client, for which other executors
    have no use.
    """
    for child in children:
        if any(kind.__name__ == _WATCHER for kind in type(child).__mro__):
            namespace = None if child.namespace == _ALL_NAMESPACES else child.namespace
            yield Target(namespace, str(child.scheduler_job_id), getattr(child, "team_name", None) or "")


@define(eq=False)
class _Turn:
    """A watch that takes turns with others in one thread.

    Attributes:
        watch: The watch.
        due: When its next turn is, by the monotonic clock.
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
        self.due = time.monotonic() + pause * random.uniform(0.5, 1)  # noqa: S311  # no cryptography


class _Worker:
    """A thread that watches some namespaces in turn; it starts with the first."""

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
        """Give a watch its turn; postpone it if it fails, and all of the thread's if no server answers."""
        try:
            client = self._client(turn.watch.target.team)
            turn.watch.go_round(client, max(1, ROUND // len(self._turns)))
            turn.failures = 0
        except Exception as error:  # noqa: BLE001  # the thread has other namespaces to watch
            self._clients.clear()  # a client may hold an expired token, or the address of a former server
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
    message = "Worker pods in %s cannot be watched; the watch will be tried again: %s"
    send_metric("watch_failures", 1, {})
    warn_hourly(_log, f"watch: {name_kind(error)}", message, namespace, describe_error(error))
