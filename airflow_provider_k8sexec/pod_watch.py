"""Watches the worker pods of a scheduler for what goes wrong with them, in a thread of that scheduler.

Airflow tells nobody why a pod waits, and of a failed one only ``Pod failed because of None``. The watch sees
what the KubernetesExecutor's own watch sees, with the same rights; neither the scheduler's loop nor the
executor ever waits for it.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import load_kube_client
from airflow_provider_k8sexec.diagnosis import diagnose_pod
from airflow_provider_k8sexec.diagnosis.shapes import Object, find_objects, find_text
from airflow_provider_k8sexec.failures import record_pod
from airflow_provider_k8sexec.pod_fields import read_field, read_texts

if TYPE_CHECKING:
    from kubernetes.client import CoreV1Api, V1Pod

    from airflow_provider_k8sexec.diagnosis import Diagnosis

ROUND = 10
"""Seconds that one watch lasts; between two, pods that wait are looked after."""
PATIENCE = 30
"""Seconds that a pod may wait for a node or a volume before it is said why: most wait less."""
_EVENTS = 500
"""The most events that are read at a time; the list of a busy namespace is long."""
_SCHEDULER_COMMAND = "airflow.cli.commands.scheduler_command"
"""What only a process that was started as ``airflow scheduler`` has loaded."""
_SCHEDULER_LABEL = "airflow-worker"
_PASSING = {"Unschedulable", "SchedulingGated"}
_TRY = ("dag_id", "task_id", "run_id", "map_index", "try_number")

_log = logging.getLogger(__name__)


def watch_like(pod: V1Pod) -> None:
    """Begin to watch the worker pods of a launched one's scheduler and namespace, if nobody does.

    Only a scheduler does; a command that renders pods has nothing to watch. It begins with the first launch,
    because the executor has by then started the processes that it forks.
    """
    metadata = read_field(pod, "metadata")
    scheduler, namespace = (
        read_texts(metadata, "labels").get(_SCHEDULER_LABEL),
        read_field(metadata, "namespace"),
    )
    if scheduler is None or namespace is None or _SCHEDULER_COMMAND not in sys.modules:
        return
    try:
        _start(namespace, scheduler)
    except RuntimeError as error:  # no thread can be had
        _log.warning("Worker pods in %s cannot be watched: %s", namespace, error)


@cache
def _start(namespace: str, scheduler: str) -> None:
    watch = PodWatch(namespace, scheduler)
    threading.Thread(target=watch.run, name=f"k8sexec-watch-{namespace}", daemon=True).start()


class PodWatch:
    """Watches the pods of one scheduler in one namespace, and writes down once what is wrong with each."""

    def __init__(self, namespace: str, scheduler: str) -> None:
        """Make a watch.

        Args:
            namespace: The namespace.
            scheduler: The value of the label that the scheduler's pods have.
        """
        self._namespace = namespace
        self._selector = f"{_SCHEDULER_LABEL}={scheduler}"
        self._version: str | None = None
        self._waiting: dict[str, tuple[float, Object]] = {}
        self._told: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)

    def run(self) -> None:
        """Watch as long as the process lives."""
        api: CoreV1Api | None = None
        while True:
            try:
                api = api or load_kube_client()
                self.go_round(api)
            except Exception as error:  # noqa: BLE001  # whatever it is, the scheduler goes on
                _log.warning("Worker pods in %s cannot be watched: %s", self._namespace, error)
                self._version = None
                time.sleep(ROUND)

    def go_round(self, api: CoreV1Api) -> None:
        """Watch for one round, and look after the pods that wait."""
        self._watch(api)
        self._look_after_waiting(api)

    def _watch(self, api: CoreV1Api) -> None:
        from kubernetes.watch import Watch

        watch = Watch(return_type="object")
        for event in watch.stream(
            api.list_namespaced_pod,
            self._namespace,
            label_selector=self._selector,
            resource_version=self._version,
            allow_watch_bookmarks=True,
            timeout_seconds=ROUND,
            _request_timeout=3 * ROUND,
        ):
            self._version = watch.resource_version
            if event["type"] in {"ADDED", "MODIFIED", "DELETED"}:
                self._note(event["type"], event["object"])

    def _note(self, kind: str, pod: Object) -> None:
        """Take in what the server says of a pod.

        Args:
            kind: ``ADDED``, ``MODIFIED`` or ``DELETED``.
            pod: The pod as it is now, or was at last.
        """
        uid, phase = find_text(pod, "metadata", "uid"), find_text(pod, "status", "phase")
        found = diagnose_pod(pod)
        if found is not None and found.reason not in _PASSING:
            self._tell(pod, found)
        if kind == "DELETED" or phase != "Pending":
            self._waiting.pop(uid, None)
        else:
            since, _ = self._waiting.get(uid, (time.monotonic(), pod))
            self._waiting[uid] = since, pod
        if kind == "DELETED":
            self._told.pop(_try_of(pod), None)

    def _look_after_waiting(self, api: CoreV1Api) -> None:
        """Say what keeps pods waiting that have waited long; ask for events only where nothing else tells."""
        now = time.monotonic()
        late = [pod for since, pod in self._waiting.values() if now - since >= PATIENCE]
        silent = [pod for pod in late if diagnose_pod(pod) is None]
        events = self._list_events(api) if silent else {}
        for pod in late:
            self._tell(pod, diagnose_pod(pod, events.get(find_text(pod, "metadata", "uid"), ())))

    def _list_events(self, api: CoreV1Api) -> dict[str, list[Object]]:
        """List the warnings of the namespace's pods, by the pod's uid; none without the right to."""
        from kubernetes.client import ApiException

        try:
            response = api.list_namespaced_event(
                self._namespace,
                field_selector="involvedObject.kind=Pod,type=Warning",
                limit=_EVENTS,
                _preload_content=False,
                _request_timeout=ROUND,
            )
        except ApiException as error:
            _log.debug("The events of %s cannot be listed: %s", self._namespace, error)
            return {}
        by_pod: defaultdict[str, list[Object]] = defaultdict(list)
        for event in find_objects(json.loads(response.data), "items"):
            by_pod[find_text(event, "involvedObject", "uid")].append(event)
        return by_pod

    def _tell(self, pod: Object, diagnosis: Diagnosis | None) -> None:
        if diagnosis is not None and diagnosis.reason not in self._told[_try_of(pod)]:
            record_pod(pod, diagnosis)
            self._told[_try_of(pod)].add(diagnosis.reason)


def _try_of(pod: Object) -> tuple[str, ...]:
    """Tell a task's try, for which the executor may launch a second pod where the first could not start."""
    return tuple(find_text(pod, "metadata", "annotations", name) for name in _TRY)
