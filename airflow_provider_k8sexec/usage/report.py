"""At the end of a try, in the worker: what it has used, as a line in its log, as metrics, and as a record.

The record is an XCom, which is what a worker of Airflow 3 may write into the database, by the execution API.
A note on the task instance is the user's own, and where a log is stored depends on the site's log handler.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.options.after import FAILURE
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage, describe_usage
from airflow_provider_k8sexec.usage.cgroup import read_counters

if TYPE_CHECKING:
    from decimal import Decimal

    from airflow_provider_k8sexec.options.per_try import Steps
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
    from airflow_provider_k8sexec.usage.cgroup import Counters

_logger = logging.getLogger(__name__)


def report_usage(task_instance: Any, config: ExecutorConfig) -> None:
    """Report what a try used, where this process runs in a worker pod and its cgroup can be read.

    Never raises: what fails here must not change how the task ends.

    Args:
        task_instance: The task instance, as Airflow gives it to listeners in the worker.
        config: Its ``executor_config``.
    """
    try:
        counters = read_counters() if load_context().is_worker else None
        if counters is None:
            return
        usage = resolve_usage(counters, config.request.requested, task_instance.try_number)
    except Exception as error:  # noqa: BLE001  # the task has ended as it should
        _logger.warning("What this try has used could not be measured: %r", error)
        return
    _logger.log(logging.WARNING if usage.oom_kills else logging.INFO, describe_usage(usage))
    for publish in (_send_metrics, _store):
        try:
            publish(task_instance, usage)
        except Exception as error:  # noqa: BLE001  # the other half is published all the same
            _logger.warning("What this try has used could not be published: %r", error)


def resolve_usage(counters: Counters, requested: RequestedPod, try_number: int) -> Usage:
    """Compare what the kernel counted with what the task requested.

    Args:
        counters: The container's counters; its limits are those that hold, whoever set them.
        requested: The pod that the task requested.
        try_number: Which try it is.
    """
    memory_request, memory_limit = _amounts_of(requested, "memory", try_number, counters.memory_limit)
    cpu_request, cpu_limit = _amounts_of(requested, "cpu", try_number, counters.cpu_limit)
    return Usage(
        try_number=try_number,
        memory_peak=counters.memory_peak,
        memory_request=_whole(memory_request),
        memory_limit=counters.memory_limit or _whole(memory_limit),
        cpu_seconds=_rounded(counters.cpu_seconds),
        seconds=round(counters.seconds, 1),
        cpu_request=_rounded(cpu_request),
        cpu_limit=_rounded(counters.cpu_limit or cpu_limit),
        is_peak_counted=counters.is_peak_counted,
        memory_cache=counters.memory_cache,
        memory_resident=counters.memory_resident,
        oom_kills=counters.oom_kills,
    )


def _amounts_of(
    requested: RequestedPod, resource: str, try_number: int, counted: float | None
) -> tuple[Decimal | None, Decimal | None]:
    """Give a resource's request and limit in a try."""
    resources = mapping_of(requested.worker.get("resources"))
    first = [mapping_of(resources.get(side)).get(resource) for side in SIDES]
    steps = requested.per_try_values.get(resource)
    request, limit = first if steps is None else _find_step(steps, try_number, counted)
    if request is None:
        request = limit  # as the API server completes it
    return _number(request), _number(limit)


def _find_step(steps: Steps, try_number: int, counted: float | None) -> list[object]:
    """Find the step of a try: its worker does not know how earlier ones ended, but the limit that it has."""
    reached = choose_by_try(try_number)(steps)
    if steps.after != FAILURE and counted is not None:
        limits = [_number(limit) for _, limit in steps.steps]
        reached = next((index for index, limit in enumerate(limits) if limit == counted), reached)
    step: list[object] = steps.at(reached)
    return step


def _number(amount: object) -> Decimal | None:
    return None if amount is None else Quantity(str(amount)).number


def _whole(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount)


def _rounded(amount: Decimal | float | None) -> float | None:
    return None if amount is None else round(float(amount), 3)


def _send_metrics(task_instance: Any, usage: Usage) -> None:
    values = {
        "memory_peak_bytes": usage.memory_peak,
        "memory_requested_bytes": usage.memory_requested,
        "cpu_average_cores": usage.cpu_average,
        "cpu_requested_cores": usage.cpu_requested,
        "oom_kills": usage.oom_kills or None,
    }
    for name, value in values.items():
        send_metric(name, value, {"dag_id": task_instance.dag_id, "task_id": task_instance.task_id})


def _store(task_instance: Any, usage: Usage) -> None:
    _compat.store_xcom(task_instance, USAGE_KEY, usage.to_record())
