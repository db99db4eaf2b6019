"""The two halves of the pod mutation hook: before and after all other hooks, for pods that are launched.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.switches import is_on
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import REQUIRED_ANNOTATIONS, SCHEDULER_COMMAND, SCHEDULER_LABEL
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.limits import hold_limits, load_limits, take_down
from airflow_provider_k8sexec.pod.amend import Amendments, BeforeHooks
from airflow_provider_k8sexec.pod.fields import read_field, read_texts

if TYPE_CHECKING:
    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

_RENDERED = "0"
"""The label's value where Airflow merges a pod only to show it."""
_logger = logging.getLogger(__name__)


@frozen
class Launch:
    """One pod that the executor launches, on its way through the hooks.

    Attributes:
        amendments: Which amendments the pod gets.
        before: What it had before the other hooks.
        limits: The site's rules, where they hold for this pod.
        manifest: What the pod was before the other hooks, where limits hold.
    """

    amendments: Amendments
    before: BeforeHooks
    limits: SiteRules | None = None
    manifest: Manifest | None = None


def begin_launch(pod: V1Pod) -> Launch | None:
    """Amend a pod that the executor launches, in place, before the other hooks see it.

    Returns:
        What :func:`end_launch` needs; ``None`` for any other pod, which is left alone.

    Raises:
        PodRefusedError: The site's rules hold for the pod, and cannot be read.
    """
    if not _is_launch(pod):
        return None
    amendments, before = _load_amendments(), BeforeHooks()
    try:
        before, changes = amendments.amend(pod)
        _log_changes(pod, changes)
    except Exception as error:  # noqa: BLE001  # the pod is launched as Airflow has merged it
        warn_hourly(_logger, "amend", "A pod could not be amended: %s", describe_error(error))
    limits = load_limits(pod)
    return Launch(amendments, before, limits, None if limits is None else take_down(pod))


def end_launch(pod: V1Pod, launch: Launch | None) -> None:
    """Mend a pod that the executor launches, in place, after the other hooks, and hold it to the limits.

    Raises:
        PodRefusedError: The pod breaks one of them.
    """
    if launch is None:
        return
    try:
        _log_changes(pod, launch.amendments.mend(pod, launch.before))
    except Exception as error:  # noqa: BLE001  # the pod is launched as the hooks have left it
        warn_hourly(_logger, "mend", "A pod could not be mended: %s", describe_error(error))
    if launch.limits is not None:
        hold_limits(pod, launch.limits, launch.manifest)


def _is_launch(pod: V1Pod) -> bool:
    """Tell the pods of the KubernetesExecutor that are launched from those of operators and those only shown.

    Only names count that no override can take away from what the executor sets; their values can be replaced.
    (Astronomer's chart sets the labels kubernetes_executor and kubernetes_pod_operator on every pod by what
    the process is that makes it, so they tell nothing.)
    """
    metadata = read_field(pod, "metadata")
    annotations, labels = read_field(metadata, "annotations"), read_field(metadata, "labels")
    if not (isinstance(annotations, Mapping) and isinstance(labels, Mapping)):
        return False
    if not (annotations.keys() >= REQUIRED_ANNOTATIONS and SCHEDULER_LABEL in labels):
        return False
    # A scheduler shows no pods.
    return labels[SCHEDULER_LABEL] != _RENDERED or SCHEDULER_COMMAND in sys.modules


def _load_amendments() -> Amendments:
    try:
        return load_context().amendments
    except K8sExecError:  # a setting is wrong, which is reported where DAGs are parsed
        return Amendments(is_on("amend_pods"), is_on("mask_secrets"))


def _log_changes(pod: V1Pod, changes: list[str]) -> None:
    if changes:
        annotations = read_texts(read_field(pod, "metadata"), "annotations")
        _log_once(annotations.get("dag_id", ""), annotations.get("task_id", ""), "; ".join(changes))


@lru_cache(maxsize=4096)
def _log_once(dag_id: str, task_id: str, changes: str) -> None:
    _logger.info("Pod of task %r of DAG %r: %s.", task_id, dag_id, changes)
