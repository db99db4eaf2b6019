"""``failure_of``: why a try failed, for callbacks and notifiers."""

from __future__ import annotations

import logging
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.pod.pod_try import PodTry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.diagnosis import Diagnosis
    from airflow_provider_k8sexec.options.quantity import Quantity
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

PATIENCE = 3
"""Seconds to wait for a record in the dag-processor: the scheduler hands over the callback in the transaction
in which it learns of the failure, and can write the record after that."""
_PAUSE = 0.5

_logger = logging.getLogger(__name__)


def failure_of(context: Mapping[str, Any]) -> Diagnosis | None:
    """Give why the pod of a try failed, in ``on_failure_callback``, ``on_retry_callback`` or a notifier.

    What it can know depends on the process in which Airflow runs the callback:

    - Where the pod failed, or never started, its worker is gone, and Airflow runs the callback in the
      dag-processor. The scheduler has recorded the failure by then, and this reads the record: on Airflow 3
      by the API that callbacks have, for they have no database, on Airflow 2.11 from the database. It waits
      for the record for three seconds at most. Where there is none even then, as of a node that is lost and
      whose pods have not been deleted, it is ``None``.
    - Where the task itself raised an error, the callback runs in its worker, whose pod still runs. The one
      failure that is known there is ``OOMKilled``, from the kernel's counters: a process of the task was
      killed for its memory. Else it is ``None``, and the error is in ``context["exception"]``.

    Args:
        context: The context that Airflow gives to the callback.

    Returns:
        The failure, with the attributes ``code``, ``actor``, ``cause``, ``remedy``, ``reason`` and ``node``;
        ``str()`` gives the sentence of the event log. ``None`` if none is known. It never raises.
    """
    try:
        task_instance = context["ti"]
        if load_context().is_worker:
            return _of_container(task_instance)
        return _of_report(context.get("exception")) or _of_record(task_instance)
    except Exception as error:  # noqa: BLE001  # a callback has more to do than to explain
        _logger.warning("Why the pod failed could not be read: %s", type(error).__name__)
        return None


def _of_record(task_instance: Any) -> Diagnosis | None:
    from airflow_provider_k8sexec.past_tries.failures import load_failure  # no worker needs it

    names = ("dag_id", "task_id", "run_id", "try_number")
    identity = {name: getattr(task_instance, name) for name in names}
    map_index = getattr(task_instance, "map_index", None)
    of = PodTry(**identity, map_index=-1 if map_index is None else map_index)
    end = time.monotonic() + PATIENCE
    while True:
        found = load_failure(of)
        if found is not None or time.monotonic() >= end:
            return found
        time.sleep(_PAUSE)


def _of_report(error: object) -> Diagnosis | None:
    """Give why the API server refused the pod, by what the executor reports.

    Airflow 2.11 hands that on as the error of the task, and calls the listener that records it afterwards.
    """
    if not isinstance(error, str):
        return None
    from airflow_provider_k8sexec.diagnosis import diagnose_refusal  # no worker needs it

    return diagnose_refusal(error)


def _of_container(task_instance: Any) -> Diagnosis | None:
    """Give why the task failed, by the counters of the container in which it ran."""
    from airflow_provider_k8sexec.usage.cgroup import read_counters  # likewise

    counters = read_counters()
    if counters is None or not counters.oom_kills:
        return None
    from airflow_provider_k8sexec.diagnosis import (  # only where memory ran out
        Diagnosis,
        diagnose_exceeded,
        diagnose_whole_exceeded,
    )
    from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
    from airflow_provider_k8sexec.options.quantity import Quantity, format_bytes

    whole = _limit_of_pod(task_instance)
    # The kubelet limits a container without a limit of its own to that of the pod.
    if whole is not None and counters.memory_limit in {None, int(whole.number)}:
        return diagnose_whole_exceeded(WORKER_CONTAINER, whole)
    if counters.memory_limit is None:
        cause = "a process of the task was killed, because its node had no memory left"
        return Diagnosis("OOMKilled", cause, "set memory=... to what it needs")
    return diagnose_exceeded(
        Quantity(format_bytes(Decimal(counters.memory_limit))), _memory_steps(task_instance)
    )


def _limit_of_pod(task_instance: Any) -> Quantity | None:
    """Give the memory limit of the pod as a whole, where the task requests one, and none of its own."""
    from airflow_provider_k8sexec.options.manifest_parts import amounts_of

    requested = _requested_of(task_instance)
    if requested is None or "memory" in amounts_of(requested.worker, "limits"):
        return None
    return amounts_of(requested.spec, "limits").get("memory")


def _memory_steps(task_instance: Any) -> list[object]:
    """Give the memory limit of each try, where the task requests per-try values."""
    requested = _requested_of(task_instance)
    return [amount.text for amount in requested.amounts_of_tries("memory", "limits")] if requested else []


def _requested_of(task_instance: Any) -> RequestedPod | None:
    from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
    from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

    config = getattr(getattr(task_instance, "task", None), EXECUTOR_CONFIG, None)
    return config.request.requested if isinstance(config, ExecutorConfig) else None
