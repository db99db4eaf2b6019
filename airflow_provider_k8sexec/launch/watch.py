"""Watches the worker pods of a scheduler in a namespace for problems.

Airflow does not report why a pod waits, and of a pod that failed often only ``Pod failed because of None``.
This watch sees what the KubernetesExecutor's own watch sees, with the same permissions.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.diagnosis import diagnose_events, diagnose_pod
from airflow_provider_k8sexec.diagnosis.lookup import TIME, Object, find, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.phases import FAILED, has_ended
from airflow_provider_k8sexec.executor_names import SCHEDULER_LABEL
from airflow_provider_k8sexec.launch.failure_events import record_pod
from airflow_provider_k8sexec.launch.hourly_log import HOUR, describe_error, name_kind, warn_hourly
from airflow_provider_k8sexec.launch.usage_events import record_usage
from airflow_provider_k8sexec.pod.pod_try import PodTry, parse_try

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubernetes.client import CoreV1Api

    from airflow_provider_k8sexec.diagnosis import Diagnosis

PATIENCE = 30
"""Seconds that a pod may wait for a node or a volume before the reason is recorded: most pods wait less."""
_PAGE = 250
"""Pods in one page of a list: at 10 kB each, 2.5 MB."""
_SECONDS = (5, 30)
"""Seconds to connect, and to wait for more of an answer."""
_EVENTS_A_ROUND = 20
"""Pods whose events are requested in one round, however many wait: each is a request of its own."""
_LONGEST_BETWEEN_EVENTS = 600
_ITEMS = re.compile(r'"items":\s*\[')
"""The start of the items of a list. Its metadata stands before them, and has no such field."""
_BETWEEN = re.compile(r"[\s,]*")
_PASSING = {
    *("Unschedulable", "NoNodes", "VolumeBinding", "ResourceClaim", "Gated", "Queued"),
    *("SidecarNotStarted", "SidecarRunning"),
}
"""Codes of what often passes by itself, so that it is recorded after :data:`PATIENCE` only."""

_log = logging.getLogger(__name__)


@frozen
class Target:
    """What is watched.

    Attributes:
        namespace: The namespace; ``None`` for all.
        scheduler: The id of the scheduler's job, which its pods have as a label.
        team: The team whose executor it is; empty where there are no teams.
    """

    namespace: str | None
    scheduler: str
    team: str = ""


@define
class _Waiting:
    """A pod that is Pending: the parts of it that are needed.

    Attributes:
        of: The try that it is for.
        name: Its name.
        namespace: Its namespace.
        since: When it was seen first.
        diagnosis: The diagnosis of its status.
        recorded: The reason that was recorded last.
        ask_at: When its events are requested next.
        interval: The seconds until they are requested again.
    """

    of: PodTry
    name: str
    namespace: str
    since: float
    diagnosis: Diagnosis | None = None
    recorded: str = ""
    ask_at: float = 0
    interval: float = field(factory=lambda: PATIENCE)


class PodWatch:
    """Watches the pods of one scheduler, and records what is wrong with each."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._version: str | None = None
        self._waiting: dict[str, _Waiting] = {}
        self._has_looked_back = False
        self._no_events_until = 0.0

    def go_round(self, api: CoreV1Api, seconds: int) -> None:
        """Watch for some seconds, and check the pods that wait.

        After an error, the next round continues where this one ended, if the server still has the changes
        since then.

        Raises:
            Exception: The server cannot be reached, or refuses; whatever the client raises.
        """
        try:
            if self._version is None:
                self._list(api)
            self._look_back(api)
            self._follow(api, seconds)
        except Exception as error:
            if is_outdated(error):
                self._version = None
            raise
        self._check_waiting(api)

    def _list(self, api: CoreV1Api) -> None:
        """Read all pods, and forget those that no longer exist."""
        present = set()
        version = None
        for metadata, pods in self._read_pages(api, f"{SCHEDULER_LABEL}={self.target.scheduler}"):
            for pod in pods:
                present.add(find_text(pod, "metadata", "uid"))
                self._process("ADDED", pod)
            version = find_text(metadata, "resourceVersion")
        self._waiting = {uid: waiting for uid, waiting in self._waiting.items() if uid in present}
        self._version = version

    def _look_back(self, api: CoreV1Api) -> None:
        """Read, once, the failed pods of schedulers that ended before they could record what was wrong.

        The executor adopts the pods whose tasks still run; no process would look at the others again.
        """
        if self._has_looked_back:
            return
        selector = f"{SCHEDULER_LABEL},{SCHEDULER_LABEL}!={self.target.scheduler}"
        for _, pods in self._read_pages(api, selector, field_selector="status.phase=Failed"):
            for pod in pods:
                self._process("FORGOTTEN", pod)
        self._has_looked_back = True

    def _follow(self, api: CoreV1Api, seconds: int) -> None:
        """Read the changes to pods, for some seconds."""
        response = self._request(
            api,
            label_selector=f"{SCHEDULER_LABEL}={self.target.scheduler}",
            resource_version=self._version,
            allow_watch_bookmarks=True,
            timeout_seconds=seconds,
            watch=True,
        )
        try:
            for event in _read_events(response):
                kind, pod = find_text(event, "type"), find(event, "object")
                if kind == "ERROR":
                    raise WatchError(find(pod, "code"), find_text(pod, "message"))
                if kind in {"ADDED", "MODIFIED", "DELETED"} and isinstance(pod, Mapping):
                    self._process(kind, pod)
                self._version = find_text(pod, "metadata", "resourceVersion") or self._version
        finally:
            response.close()
            response.release_conn()

    def _read_pages(
        self, api: CoreV1Api, selector: str, **options: Any
    ) -> Iterator[tuple[Object, Iterator[Object]]]:
        """Read a list page by page: the metadata and the pods of each."""
        token = None
        while token != "":
            response = self._request(api, label_selector=selector, limit=_PAGE, _continue=token, **options)
            metadata, pods = _read_list(response.data.decode())
            yield metadata, pods
            token = find_text(metadata, "continue")

    def _request(self, api: CoreV1Api, **options: Any) -> Any:
        # As the server sends it: the client's models take four times as long, and four times the memory.
        options |= {"_preload_content": False, "_request_timeout": _SECONDS}
        options = {name: value for name, value in options.items() if value is not None}
        if self.target.namespace is None:
            return api.list_pod_for_all_namespaces(**options)
        return api.list_namespaced_pod(self.target.namespace, **options)

    def _process(self, kind: str, pod: Object) -> None:
        """Process a change to a pod; never raises, so that one pod does not hide the others.

        Args:
            kind: ``ADDED``, ``MODIFIED`` or ``DELETED``; ``FORGOTTEN`` for a pod of an earlier scheduler.
            pod: The pod as it is now, or was when it was deleted.
        """
        try:
            if kind == "FORGOTTEN":
                _record_forgotten(pod)
            else:
                self._process_pod(kind, pod)
        except Exception as error:  # noqa: BLE001  # the next pods are processed all the same
            # The type alone: the text of an error may hold a value of the pod.
            warn_hourly(_log, f"pod: {name_kind(error)}", "A pod could not be read: %s", name_kind(error))

    def _process_pod(self, kind: str, pod: Object) -> None:
        uid, phase = find_text(pod, "metadata", "uid"), find_text(pod, "status", "phase")
        is_deleted = bool(find_text(pod, "metadata", "deletionTimestamp"))
        if kind == "DELETED" and is_deleted and phase in {"Pending", "Running"}:
            # It was deleted before its node could report how it ended, as where the node was lost.
            pod = {**pod, "status": {**pod["status"], "phase": FAILED}}
        of = _try_of(pod)
        if of is None:
            return
        found = diagnose_pod(pod)
        if found is not None and found.code not in _PASSING:
            record_pod(of, found)
        _record_end(of, pod, found, self.target.team)
        is_waiting = phase == "Pending" or (found is not None and found.code in _PASSING)
        if kind == "DELETED" or is_deleted or not is_waiting:
            self._waiting.pop(uid, None)
            return
        if uid not in self._waiting:
            name, namespace = find_text(pod, "metadata", "name"), find_text(pod, "metadata", "namespace")
            self._waiting[uid] = _Waiting(of, name, namespace, time.monotonic())
        waiting = self._waiting[uid]
        if found is None and waiting.diagnosis is not None:  # it has a node now, and waits for something else
            waiting.since, waiting.recorded = time.monotonic(), ""
        waiting.diagnosis = found

    def _check_waiting(self, api: CoreV1Api) -> None:
        """Record the reasons of the pods that have waited for longer than :data:`PATIENCE`."""
        now = time.monotonic()
        silent = []
        for uid, waiting in self._waiting.items():
            if now - waiting.since < PATIENCE:
                continue
            if waiting.diagnosis is not None:
                _record_waiting(waiting, waiting.diagnosis)
            elif now >= waiting.ask_at and not waiting.recorded:
                silent.append((waiting.ask_at, uid))
        if now >= self._no_events_until:
            try:
                for _, uid in sorted(silent)[:_EVENTS_A_ROUND]:
                    self._ask_events(api, uid, self._waiting[uid])
            except Exception as error:  # noqa: BLE001  # the pods themselves are watched all the same
                # A permission that is missing is granted by a person; anything else may pass by itself.
                is_forbidden = getattr(error, "status", None) == HTTPStatus.FORBIDDEN
                self._no_events_until = now + (HOUR if is_forbidden else _LONGEST_BETWEEN_EVENTS)
                message = "Events cannot be read, so problems with the volumes of pods are not recorded: %s"
                warn_hourly(_log, f"events: {name_kind(error)}", message, describe_error(error))

    def _ask_events(self, api: CoreV1Api, uid: str, waiting: _Waiting) -> None:
        """Request the warnings about a pod whose status gives no reason, at ever longer intervals."""
        waiting.ask_at = time.monotonic() + waiting.interval
        waiting.interval = min(2 * waiting.interval, _LONGEST_BETWEEN_EVENTS)
        # Of this pod alone: among 500 older warnings of a busy namespace, its own would be missed.
        response = api.list_namespaced_event(
            waiting.namespace,
            field_selector=f"involvedObject.uid={uid},type=Warning",
            limit=_PAGE,
            _preload_content=False,
            _request_timeout=_SECONDS,
        )
        found = diagnose_events(find_objects(json.loads(response.data), "items"))
        if found is not None:
            _record_waiting(waiting, found)


def _try_of(pod: Object) -> PodTry | None:
    return parse_try(find(pod, "metadata", "annotations") or {})


def _last_change(pod: Object) -> str:
    """Find the time of the last change in a pod's status, as Kubernetes writes timestamps."""
    conditions = find_objects(pod, "status", "conditions")
    containers = find_objects(pod, "status", "containerStatuses")
    times = [find_text(condition, "lastTransitionTime") for condition in conditions]
    times += [find_text(container, "state", "terminated", "finishedAt") for container in containers]
    return max([find_text(pod, "metadata", "creationTimestamp"), *times])


def _format_time(seconds: float) -> str:
    return time.strftime(TIME, time.gmtime(time.time() + seconds))


def _record_forgotten(pod: Object) -> None:
    of, scheduler = _try_of(pod), find_text(pod, "metadata", "labels", SCHEDULER_LABEL)
    if of is not None and scheduler.isdecimal() and _last_change(pod) > _format_time(-HOUR):
        found = diagnose_pod(pod)
        if found is not None:
            record_pod(of, found, int(scheduler))
        _record_end(of, pod, found, "", int(scheduler))


def _record_end(
    of: PodTry, pod: Object, found: Diagnosis | None, team: str, queued_by: int | None = None
) -> None:
    """Record what a pod that has ended requested and used, where the site keeps that."""
    if has_ended(pod) and load_context().is_on("report_usage"):
        record_usage(of, pod, found.code if found else "", team, queued_by)


def _record_waiting(waiting: _Waiting, found: Diagnosis) -> None:
    if found.head != waiting.recorded:
        record_pod(waiting.of, found)
        waiting.recorded = found.head


class WatchError(Exception):
    """The API server ended a watch with an error.

    Attributes:
        status: The HTTP status that it gave.
    """

    def __init__(self, status: object, message: str) -> None:
        super().__init__(message)
        self.status = status


def is_outdated(error: Exception) -> bool:
    """Report whether the server no longer has, or does not yet have, the version that a watch continues from.

    A server that lags behind another one, as after a failover, answers "Too large resource version".
    """
    status = getattr(error, "status", None)
    return status == HTTPStatus.GONE or "Too large resource version" in f"{error}"


def _read_list(text: str) -> tuple[Object, Iterator[Object]]:
    """Read a list: its metadata, and its items one by one.

    Parsed at once, the items live long enough for Python's garbage collector to go through all of the
    scheduler's objects again and again: with 10,000 pods that took 4 s, beside 2 s of parsing (*measured*).
    """
    start = _ITEMS.search(text)
    if start is None:
        whole = json.loads(text)
        return find(whole, "metadata"), iter(find_objects(whole, "items"))
    return find(json.loads(f"{text[: start.end()]}]}}"), "metadata"), _read_items(text, start.end())


def _read_items(text: str, position: int) -> Iterator[Object]:
    decode = json.JSONDecoder().raw_decode
    while True:
        position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]  # it matches nothing, too
        if text[position] == "]":
            return
        item, position = decode(text, position)
        yield item


def _read_events(response: Any) -> Iterator[Object]:
    """Read the events of a watch, each a line of JSON."""
    rest = b""
    for chunk in response.stream(None):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (json.loads(line) for line in lines if line.strip())
