"""The two halves of the pod mutation hook: before and after all other hooks, for pods that are launched.

A hook that only ran after the site's own would undo its caps and placement. So the policy module registers a
wrapper with ``tryfirst``, which is the outermost on Airflow 2.11 and 3.3; without ``tryfirst`` a wrapper that
is registered later would run outside it.
Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import REQUIRED_ANNOTATIONS, SCHEDULER_COMMAND, SCHEDULER_LABEL
from airflow_provider_k8sexec.launch.earlier_tries import EarlierTries
from airflow_provider_k8sexec.launch.history import size_from_history
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.limits import dump_pod, enforce_limits, load_limits
from airflow_provider_k8sexec.launch.named_executors import load_named_executors
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.pod.amend import Amendments, BeforeHooks
from airflow_provider_k8sexec.pod.annotations import AT_RUN_TIME_ANNOTATION
from airflow_provider_k8sexec.pod.fields import read_field, read_strings

if TYPE_CHECKING:
    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

_RENDERED = "0"
"""The label's value where Airflow merges a pod only to show it. Airflow 2.11 does so in every worker, and
sometimes in the task's own transaction."""
_logged: Recent[tuple[str, str, str]] = Recent(4096)
"""Changes to the pods of a task: logged once a process, and not at every launch."""
_LONGEST_LINE = 4096
"""The most characters of the changes that are logged, and remembered: an author may write long names."""

_logger = logging.getLogger(__name__)


@frozen
class Launch:
    """A pod that the executor launches, between the two halves of the hook.

    Attributes:
        amendments: Which amendments the pod gets.
        before: The parts that it had before the other hooks.
        limits: The site's rules, where they are enforced for this pod.
        manifest: The pod before the other hooks, where rules are enforced.
    """

    amendments: Amendments
    before: BeforeHooks
    limits: SiteRules | None = None
    manifest: Manifest | None = None


def begin_launch(pod: V1Pod) -> Launch | None:
    """Amend a pod that the executor launches, in place, before the other hooks see it.

    Returns:
        What :func:`end_launch` needs; ``None`` for any other pod, which stays as it is.

    Raises:
        PodRefusedError: The site's rules are enforced for the pod, and cannot be read; or a value that is
            known only now is missing or wrong.
    """
    if not _is_launch(pod):
        return None
    amendments, before = Amendments(), BeforeHooks()
    try:
        context, choose = load_context(), EarlierTries(pod).choose
        amendments = context.amendments
        before, changes = amendments.amend(
            pod,
            lambda present: context.complete_executors(present, lambda: load_named_executors(pod)),
            choose,
        )
        if amendments.repairs:
            changes += size_from_history(pod, choose)
        _log_changes(pod, changes)
    except Exception as error:  # noqa: BLE001  # an error here would fail the task
        warn_hourly(_logger, "amend", "A pod was launched without its amendments: %s", describe_error(error))
    if _has_later_values(pod):
        from airflow_provider_k8sexec.launch.run_time import set_run_time_values  # few pods have any

        _log_changes(pod, set_run_time_values(pod))
    limits = load_limits(pod)
    return Launch(amendments, before, limits, None if limits is None else dump_pod(pod))


def end_launch(pod: V1Pod, launch: Launch | None) -> None:
    """Mend a pod that the executor launches, in place, after the other hooks, and check the site's limits.

    Raises:
        PodRefusedError: The pod breaks one of them.
    """
    if launch is None:
        return
    try:
        _log_changes(pod, launch.amendments.mend(pod, launch.before))
    except Exception as error:  # noqa: BLE001  # as above
        warn_hourly(_logger, "mend", "A pod was launched as the hooks left it: %s", describe_error(error))
    if launch.limits is not None:
        enforce_limits(pod, launch.limits, launch.manifest)


def _is_launch(pod: V1Pod) -> bool:
    """Report whether the KubernetesExecutor launches a pod: operators' pods and those only shown are others.

    Only the names of labels and annotations count: an override can replace the values that the executor sets,
    but cannot remove the names. Astronomer's chart sets the labels ``kubernetes_executor`` and
    ``kubernetes_pod_operator`` on every pod, by the process that makes it, so they do not distinguish pods.
    """
    metadata = read_field(pod, "metadata")
    annotations, labels = read_field(metadata, "annotations"), read_field(metadata, "labels")
    if not (isinstance(annotations, Mapping) and isinstance(labels, Mapping)):
        return False
    if not (annotations.keys() >= REQUIRED_ANNOTATIONS and SCHEDULER_LABEL in labels):
        return False
    # A scheduler only launches pods, so a label "0" there is a job's id.
    return labels[SCHEDULER_LABEL] != _RENDERED or SCHEDULER_COMMAND in sys.modules


def _has_later_values(pod: V1Pod) -> bool:
    annotations = read_field(read_field(pod, "metadata"), "annotations")
    return isinstance(annotations, Mapping) and AT_RUN_TIME_ANNOTATION in annotations


def _log_changes(pod: V1Pod, changes: list[str]) -> None:
    if changes:
        annotations = read_strings(read_field(pod, "metadata"), "annotations")
        dag_id, task_id = annotations.get("dag_id", ""), annotations.get("task_id", "")
        line = (dag_id, task_id, "; ".join(changes)[:_LONGEST_LINE])
        if _logged.add(line):
            _logger.info("Pod of task %r of DAG %r: %s.", task_id, dag_id, line[-1])
