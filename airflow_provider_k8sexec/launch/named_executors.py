"""The executors that tasks of a run name, for the workers of that run, which load the whole DAG."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.pod.fields import read_field, read_strings

if TYPE_CHECKING:
    from kubernetes.client import V1Pod

_logger = logging.getLogger(__name__)
_SECONDS = 60
"""How long an answer is good for: a new version of a DAG may name another executor while a run goes on."""


def load_named_executors(pod: V1Pod) -> frozenset[str]:
    """Load the executors that tasks of a pod's run name; none where that cannot be read.

    The workload that the executor launches does not have them. So they are read from the task instances, with
    one query a minute for each run that launches pods, however many.
    """
    annotations = read_strings(read_field(pod, "metadata"), "annotations")
    try:
        return _load(annotations["dag_id"], annotations["run_id"], int(time.monotonic() // _SECONDS))
    except Exception as error:  # noqa: BLE001  # of all kinds, by the database and its driver
        reason = describe_error(error)
        warn_hourly(_logger, "executors", "The executors that tasks name cannot be read: %s", reason)
        return frozenset()


@lru_cache(maxsize=1024)
def _load(dag_id: str, run_id: str, minute: int) -> frozenset[str]:  # noqa: ARG001  # a new one, a new answer
    return compat.load_named_executors(dag_id, run_id)
