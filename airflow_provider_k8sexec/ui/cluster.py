"""The pod of a try, where the cluster still has it.

Whatever the cluster does, a page waits for it :data:`SECONDS` at most: each question has a thread of its own,
of which there are but few, and the page goes on without it when the time is over.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from attrs import astuple, frozen
from urllib3.exceptions import TimeoutError as NoAnswerError

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import SCHEDULER_LABEL
from airflow_provider_k8sexec.pod.pod_try import parse_try

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.ui.subject import Subject, Try

SECONDS = 4
"""The longest that a page waits for the cluster, retries and the search of its address included."""

_TO_CONNECT, _TO_ANSWER = 1, 2.5
_PAUSE = 0.02
_MOST_PODS = 100
_THREADS = threading.BoundedSemaphore(8)
_KEPT = ("annotations", "labels", "name", "namespace")
_logger = logging.getLogger(__name__)

GONE = "the cluster no longer has the pod itself."
SILENT = f"the cluster has not answered within {SECONDS} seconds."


@frozen
class Answer:
    """What the cluster answers.

    Attributes:
        pod: The pod, without the cluster's own records, such as its status; ``None`` if there is none.
        reason: Why there is none, for people.
        phase: The phase of the pod; empty if there is none.
    """

    pod: Manifest | None
    reason: str = ""
    phase: str = ""


async def find_launched_pod(subject: Subject, requested: Try, namespace: str, release: str | None) -> Answer:
    """Ask the cluster for the pod of a try, and wait for :data:`SECONDS` at most.

    The API server of Airflow may do so where it may read the logs of worker pods.

    Args:
        subject: The task instance.
        requested: The try.
        namespace: Where its pod was launched.
        release: The release that the pods of this installation name; ``None`` where that is not known.
    """
    if not load_context().has_kubernetes_executor:
        return Answer(None, GONE)
    try:
        pods = await _call(lambda: _list_pods(subject, requested, namespace))
    except Exception as error:  # noqa: BLE001  # the client raises of all kinds; the page has another pod to show
        name, status = type(error).__name__, getattr(error, "status", None)
        _logger.info("The pod of try %s of %s cannot be read: %s %s", requested.number, subject, name, status)
        if isinstance(getattr(error, "reason", error), (TimeoutError, NoAnswerError)):
            return Answer(None, SILENT)
        return Answer(None, f"the cluster could not be reached ({f'{name} {status}' if status else name}).")
    found = find_pod_of_try(pods, subject, requested, release)
    if found is None:
        return Answer(None, GONE)
    return Answer(_keep_used_metadata(found), phase=str((found.get("status") or {}).get("phase") or ""))


async def _call(ask: Callable[[], Any]) -> Any:
    """Call in a thread that ends with the process, and forget it when the time is over.

    Raises:
        TimeoutError: There was no answer in time, or no thread was free.
    """
    deadline = time.monotonic() + SECONDS
    while not _THREADS.acquire(blocking=False):
        if time.monotonic() >= deadline:
            raise TimeoutError
        await asyncio.sleep(_PAUSE)
    answer: Future[Any] = Future()
    answer.set_running_or_notify_cancel()  # a page that no longer waits cannot stop the thread

    def work() -> None:
        try:
            answer.set_result(ask())
        except Exception as error:  # noqa: BLE001  # the page that waits handles it
            answer.set_exception(error)
        finally:
            _THREADS.release()

    # Threads of a pool would keep the process from ending.
    try:
        threading.Thread(target=work, name="k8sexec-cluster", daemon=True).start()
    except RuntimeError:  # the process can have no more threads
        _THREADS.release()
        raise
    try:
        return await asyncio.wait_for(asyncio.wrap_future(answer), max(deadline - time.monotonic(), 0))
    except asyncio.TimeoutError:  # no TimeoutError before Python 3.11
        raise TimeoutError from None


def _list_pods(subject: Subject, requested: Try, namespace: str) -> list[Manifest]:
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # imports kubernetes

    selector = PodGenerator.build_selector_for_k8s_executor_pod(  # type: ignore[no-untyped-call]
        dag_id=subject.dag_id,
        task_id=subject.task_id,
        try_number=requested.number,
        map_index=subject.map_index,
        run_id=subject.run_id,
    )
    response = compat.load_kube_client(requested.team).list_namespaced_pod(
        namespace,
        label_selector=selector,
        limit=_MOST_PODS,
        _preload_content=False,
        _request_timeout=(_TO_CONNECT, _TO_ANSWER),
    )
    items: list[Manifest] = json.loads(response.data)["items"]
    return items


def find_pod_of_try(
    pods: Iterable[Manifest], subject: Subject, requested: Try, release: str | None
) -> Manifest | None:
    """Choose the pod of a try among those whose labels, which are shortened, are like its own.

    Its annotations have to name the try whole. Where two installations share a namespace, it has to be of a
    scheduler and a release of this one, as far as both are known. Of several, it is the one in which the
    worker reports that it ran, or else the newest.
    """
    own = [
        pod
        for pod in pods
        if _is_of_try(pod, subject, requested) and _is_of_installation(pod, requested, release)
    ]
    return max(own, key=lambda pod: (_is_where(pod, requested.hostname), _created(pod)), default=None)


def _is_of_try(pod: Manifest, subject: Subject, requested: Try) -> bool:
    of = (subject.dag_id, subject.task_id, subject.run_id, subject.map_index, requested.number)
    named = parse_try(pod["metadata"].get("annotations") or {})
    return named is not None and astuple(named) == of


def _is_of_installation(pod: Manifest, requested: Try, release: str | None) -> bool:
    labels = pod["metadata"].get("labels") or {}
    scheduler, labelled = labels.get(SCHEDULER_LABEL), labels.get("release")
    if requested.schedulers and scheduler not in requested.schedulers:
        return False
    return not (release and labelled) or release == labelled


def _is_where(pod: Manifest, hostname: str) -> bool:
    return bool(hostname.partition(".")[0] == pod["metadata"].get("name"))


def _created(pod: Manifest) -> str:
    return str(pod["metadata"].get("creationTimestamp") or "")


def _keep_used_metadata(pod: Manifest) -> Manifest:
    metadata = {name: value for name, value in pod["metadata"].items() if name in _KEPT}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod["spec"]}
