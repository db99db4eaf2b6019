"""Asks the API server how the last pods of a task instance ended, where no record says so yet.

The scheduler's loop waits for the answer. So only tasks that count such ends of their tries lead here, and
those only where their last try has left no record. A server that does not answer is left alone for a minute,
and a slow one for twenty times as long as it took.
"""

from __future__ import annotations

import json
import logging
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis import Diagnosis, diagnose_pod
from airflow_provider_k8sexec.diagnosis.disruptions import as_disrupted
from airflow_provider_k8sexec.diagnosis.lookup import Object, find, find_objects
from airflow_provider_k8sexec.diagnosis.phases import has_ended
from airflow_provider_k8sexec.executor_names import SCHEDULER_LABEL
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.pod.fields import read_field, read_strings
from airflow_provider_k8sexec.pod.pod_try import PodTry, parse_try

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from kubernetes.client import CoreV1Api, V1Pod

_SECONDS = (2, 2)
"""Seconds to connect, and to wait for more of an answer: an answer takes 2 to 5 ms (*measured*)."""
_MOST_PODS = 20
"""Pods that are read: a try has one, and one more for each launch that failed before the task began."""
_PAUSE = 60
"""Seconds for which a server that did not answer is not asked again: pods are launched one by one."""
_SLOW = 1
"""Seconds of an answer after which the server gets a rest."""
_REST = 20
"""How many times as long as a slow answer that rest is: so much of the loop's time is its own."""
_OF_INSTANCE = ("dag_id", "task_id", "run_id", "map_index")

_log = logging.getLogger(__name__)
_clients: dict[str, CoreV1Api] = {}
_silent_until = 0.0


def find_ends(pod: V1Pod, tries: Collection[PodTry]) -> list[tuple[PodTry, Diagnosis | None]]:
    """Find how the pods of some tries ended; never raises.

    Args:
        pod: The pod that is launched, as the executor has made it: the labels of the others are the same.
        tries: Tries of its task instance.

    Returns:
        Of each pod, its try and what was wrong with it; ``None`` where it has ended, and nothing was. Pods
        that go on are left out. Empty where the server does not answer.
    """
    global _silent_until  # noqa: PLW0603  # the loop of the scheduler waits for one server, whatever the task
    if time.monotonic() < _silent_until:
        return []
    try:
        client = _client(next(iter(tries)).dag_id)
        began = time.monotonic()
        pods = _list_pods(client, pod, tries)
    except Exception as error:  # noqa: BLE001  # the task is launched all the same, with the step that is known
        if not _is_of_one_pod(error):
            _clients.clear()  # one may hold an expired token, or the address of a former server
            _silent_until = time.monotonic() + _PAUSE
        _warn(error)
        return []
    seconds = time.monotonic() - began
    if seconds > _SLOW:
        _silent_until = time.monotonic() + seconds * _REST
    try:
        return list(_diagnose(pods, tries))
    except Exception as error:  # noqa: BLE001  # likewise; the server has answered
        _warn(error)
        return []


def _warn(error: Exception) -> None:
    message = "How earlier pods of a task ended could not be read from the API server: %s"
    warn_hourly(_log, "earlier pods", message, describe_error(error))


def _is_of_one_pod(error: Exception) -> bool:
    """Report whether an error says nothing of the server: its answer is a refusal, and came at once.

    An override can set labels that no selector takes, a namespace in which the scheduler may list nothing, or
    names of any length. The server is still there for the tasks of others.
    """
    status = getattr(error, "status", None)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS}:
        return False
    return isinstance(status, int) and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _diagnose(pods: Iterable[Object], tries: Collection[PodTry]) -> Iterator[tuple[PodTry, Diagnosis | None]]:
    for pod in pods:
        of, diagnosis = parse_try(find(pod, "metadata", "annotations") or {}), diagnose_pod(as_disrupted(pod))
        # Labels are shortened, so that those of two instances may be the same; annotations are whole.
        if of is not None and of in tries and (diagnosis is not None or has_ended(pod)):
            yield of, diagnosis


def _list_pods(client: CoreV1Api, pod: V1Pod, tries: Collection[PodTry]) -> list[Object]:
    metadata = read_field(pod, "metadata")
    response: Any = client.list_namespaced_pod(
        read_field(metadata, "namespace"),
        label_selector=_select(read_strings(metadata, "labels"), tries),
        limit=_MOST_PODS,
        _preload_content=False,  # as the server sends it: the client's models take four times as long
        _request_timeout=_SECONDS,
    )
    return find_objects(json.loads(response.data), "items")


def _select(labels: Mapping[str, str], tries: Collection[PodTry]) -> str:
    numbers = ",".join(str(of.try_number) for of in tries)
    same = [f"{name}={labels[name]}" if name in labels else f"!{name}" for name in _OF_INSTANCE]
    return ",".join([SCHEDULER_LABEL, *same, f"try_number in ({numbers})"])


def _client(dag_id: str) -> CoreV1Api:
    with compat.open_session() as session:
        team = compat.load_team(dag_id, session)
    if team not in _clients:
        _clients[team] = compat.load_kube_client(team)
    return _clients[team]
