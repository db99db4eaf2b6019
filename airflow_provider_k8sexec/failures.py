"""What is wrong with a task's pod, written into Airflow's event log.

A failed or waiting pod is found by :mod:`airflow_provider_k8sexec.pod_watch`; a pod that the API server would
not take never is, and what Airflow says of its task is read instead.
"""

from __future__ import annotations

import logging
import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_k8sexec.diagnosis import Diagnosis
    from airflow_provider_k8sexec.diagnosis.shapes import Object

FAILURE_EVENT = "pod problem"
"""The event of such rows in Airflow's ``log`` table; ``extra`` is the sentence that people read."""

_IDENTITY: dict[str, type[str | int]] = {
    "dag_id": str,
    "task_id": str,
    "run_id": str,
    "map_index": int,
    "try_number": int,
}
_UNWRITTEN = "Why a pod was not created could not be written down: %s"
_log = logging.getLogger(__name__)


def record_pod(pod: Object, diagnosis: Diagnosis) -> None:
    """Write down what is wrong with a worker pod, for the try that its annotations name.

    Args:
        pod: A pod of the KubernetesExecutor, as the server shows it; one that names no try is left alone.
        diagnosis: What is wrong with it.
    """
    annotations = {"map_index": "-1", **(pod["metadata"].get("annotations") or {})}
    try:
        identity = {name: convert(annotations[name]) for name, convert in _IDENTITY.items()}
    except (KeyError, ValueError):
        return
    _write(diagnosis, **identity)


def record_refusal(task_instance: Any, error: str) -> None:
    """Write down why a pod was not created, in a while; neither wait nor raise.

    Args:
        task_instance: The task instance that failed.
        error: What Airflow says of it.
    """
    from airflow_provider_k8sexec.diagnosis import diagnose_refusal  # noqa: PLC0415  # nobody else needs it

    try:
        diagnosis = diagnose_refusal(error)
        if diagnosis is not None:
            identity = {name: getattr(task_instance, name) for name in _IDENTITY}
            _writer(os.getpid()).submit(_write, diagnosis, **identity).add_done_callback(_log_error)
    except Exception as failure:  # noqa: BLE001  # the scheduler goes on
        _log.warning(_UNWRITTEN, failure)


@cache
def _writer(process: int) -> ThreadPoolExecutor:  # noqa: ARG001  # a forked process has none of the threads
    """Give the thread that writes: Airflow is in a transaction of its own when it tells of a failure."""
    return ThreadPoolExecutor(1, thread_name_prefix="k8sexec-failures")


def _log_error(done: Future[None]) -> None:
    failure = done.exception()
    if failure is not None:
        _log.warning(_UNWRITTEN, failure)


def _write(diagnosis: Diagnosis, **identity: Any) -> None:
    from airflow.models.log import Log  # noqa: PLC0415  # the scheduler has it, others need not
    from airflow.utils.session import create_session  # noqa: PLC0415  # likewise

    _log.warning(
        "The pod of %s: %s", " ".join(f"{name}={value}" for name, value in identity.items()), diagnosis
    )
    with create_session() as session:
        session.add(Log(FAILURE_EVENT, extra=str(diagnosis), **identity))
