"""What is set right on a pod as the scheduler launches it, after Airflow's merge.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html

The pod mutation hook of this package is a wrapper around all others. Before them, :func:`amend_pod` sets what
Airflow's merge has lost, and the amounts of the try. After them, :func:`mend_pod` puts back only what another
hook has lost by mistake: the site's hook has the last word on every value.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.authoring.attach import load_place
from airflow_provider_k8sexec.context.switches import is_on
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import SCHEDULER_COMMAND, SCHEDULER_LABEL
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.limits import hold_limits, load_limits, take_down
from airflow_provider_k8sexec.pod.fields import read_field, read_items, read_texts, write_field
from airflow_provider_k8sexec.pod.manifest import (
    EXACT_ANNOTATION,
    LADDERS_ANNOTATION,
    is_lost,
    read_note,
    resolve_rung,
)
from airflow_provider_k8sexec.pod.merge_repair import drop_repeats, find_worker, repair_spec
from airflow_provider_k8sexec.pod.secret_names import name_secret_values
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses
from airflow_provider_k8sexec.site.settings import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

SECRET_NAME_VARIABLE = f"AIRFLOW__{SECTION.upper()}__SECRET_NAME"

_OF_EXECUTOR = frozenset({"dag_id", "task_id", "try_number"})
_RENDERED = "0"
"""The label's value where Airflow merges a pod only to show it."""
_SIDES = ("requests", "limits")
_logger = logging.getLogger(__name__)


@frozen
class Launch:
    """One pod that the executor launches, on its way through the hooks.

    Attributes:
        affinity: The affinity that it had before the other hooks.
        items: The mounts and volumes that it had then.
        limits: The site's rules, where they hold for this pod.
        before_hooks: What the pod was before the other hooks, where limits hold.
    """

    affinity: Any = None
    items: tuple[Any, ...] = ()
    limits: SiteRules | None = None
    before_hooks: Manifest | None = None


def begin_launch(pod: V1Pod) -> Launch | None:
    """Amend a pod that the executor launches, in place, before the other hooks see it.

    Returns:
        What :func:`end_launch` needs; ``None`` for any other pod, which is left alone.

    Raises:
        PodRefusedError: The site's rules hold for the pod, and cannot be read.
    """
    if not _is_launch(pod):
        return None
    launch = Launch()
    try:
        launch = amend_pod(pod)
    except Exception as error:  # noqa: BLE001  # the pod is launched as Airflow has merged it
        warn_hourly(_logger, "amend", "A pod could not be amended: %s", describe_error(error))
    limits = load_limits(pod)
    return launch if limits is None else evolve(launch, limits=limits, before_hooks=take_down(pod))


def end_launch(pod: V1Pod, launch: Launch | None) -> None:
    """Mend a pod that the executor launches, in place, after the other hooks, and hold it to the limits.

    Raises:
        PodRefusedError: The pod breaks one of them.
    """
    if launch is None:
        return
    try:
        mend_pod(pod, launch)
    except Exception as error:  # noqa: BLE001  # the pod is launched as the hooks have left it
        warn_hourly(_logger, "mend", "A pod could not be mended: %s", describe_error(error))
    if launch.limits is not None:
        hold_limits(pod, launch.limits, launch.before_hooks)


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
    if not (annotations.keys() >= _OF_EXECUTOR and SCHEDULER_LABEL in labels):
        return False
    # A scheduler shows no pods.
    return labels[SCHEDULER_LABEL] != _RENDERED or SCHEDULER_COMMAND in sys.modules


def amend_pod(pod: V1Pod) -> Launch:
    """Set a merged worker pod right, in place. What was changed is logged, once for each task.

    Returns:
        What :func:`mend_pod` needs after the other hooks.
    """
    if not is_on("amend_pods"):
        return Launch()
    metadata, spec = read_field(pod, "metadata"), read_field(pod, "spec")
    annotations = read_texts(metadata, "annotations")
    changes = [*repair_spec(spec)]
    worker = find_worker(spec)
    _set_exact(read_note(annotations, EXACT_ANNOTATION), spec, worker)
    try_number = annotations.get("try_number", "1")
    changes += _set_rungs(read_note(annotations, LADDERS_ANNOTATION), try_number, worker)
    _name_secret(spec, worker)
    _log_changes(annotations, changes)
    items = (item for holder, field in _mounting(spec) for item in read_items(holder, field))
    return Launch(read_field(spec, "affinity"), tuple(items))


def mend_pod(pod: V1Pod, before: Launch) -> None:
    """Put back what hooks have lost by mistake, in place, and name what the worker gets from secrets.

    What hooks have set stays.

    Args:
        pod: The pod as the hooks have left it.
        before: What it had before. A hook that writes ``affinity = affinity.to_dict().update(...)``, as that
            of Astronomer's chart does, leaves ``None``; an empty affinity is somebody's word.
    """
    metadata, spec = read_field(pod, "metadata"), read_field(pod, "spec")
    if is_on("mask_secrets"):
        name_secret_values(spec, find_worker(spec))
    if not is_on("amend_pods"):
        return
    _put_last(spec, before.items)
    changes = [*drop_repeats(spec)]
    if before.affinity and read_field(spec, "affinity") is None:
        write_field(spec, "affinity", before.affinity)
        changes.append("the affinity was lost in another hook, and is the task's again")
    _log_changes(read_texts(metadata, "annotations"), changes)


def _mounting(spec: Any) -> Iterator[tuple[Any, str]]:
    yield spec, "volumes"
    for container in [*read_items(spec, "containers"), *read_items(spec, "initContainers")]:
        yield container, "volumeMounts"


def _put_last(spec: Any, earlier: tuple[Any, ...]) -> None:
    """Put what hooks have added behind what was there before, for of two of a name the last one stays."""
    known = {id(item) for item in earlier}
    for holder, field in _mounting(spec):
        items = read_items(holder, field)
        if any(id(item) not in known for item in items):
            write_field(holder, field, sorted(items, key=lambda item: id(item) not in known))


def _set_exact(note: Mapping[str, Any], spec: Any, worker: Any) -> None:
    """Set the fields that were lost on their way; an annotation can say nothing else."""
    for part, holder in (("spec", spec), ("container", worker)):
        fields = note.get(part)
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if is_lost(part, name, value):
                write_field(holder, name, value)


def _set_rungs(note: Mapping[str, Any], try_number: str, worker: Any) -> Iterator[str]:
    """Set the amounts of this try, as the task's annotation has them."""
    resources = read_field(worker, "resources") or {}
    for name, rungs in note.items():
        rung = resolve_rung(rungs, try_number)
        present = [_amounts(resources, side).get(name) for side in _SIDES]
        if rung is None or rung == present:
            continue
        if present != rungs[0]:
            yield f"{name} is not that of try {try_number}, because another hook has changed it"
            continue
        for side, amount in zip(_SIDES, rung, strict=True):
            others = {key: item for key, item in _amounts(resources, side).items() if key != name}
            write_field(resources, side, others if amount is None else {**others, name: amount})
        write_field(worker, "resources", resources)
        yield f"{name} is {rung[1] or rung[0] or 0} for try {try_number}"


def _amounts(resources: Any, side: str) -> Mapping[str, Any]:
    amounts = read_field(resources, side)
    return amounts if isinstance(amounts, Mapping) else {}


def _name_secret(spec: Any, worker: Any) -> None:
    """Tell the worker the deployment's secret, if it uses that.

    On Airflow 2.11 a worker writes its task's ``executor_config`` back to the database, and a retry starts
    from that: it must find what this process has found.
    """
    variables = read_items(worker, "env")
    if worker is None or any(read_field(item, "name") == SECRET_NAME_VARIABLE for item in variables):
        return
    secret = _own_secret()
    if secret is not None and any(use.secret == secret for use in read_secret_uses(spec, worker)):
        write_field(worker, "env", [{"name": SECRET_NAME_VARIABLE, "value": secret}, *variables])


def _own_secret() -> str | None:
    try:
        return load_place()[1].secret_name
    except K8sExecError:  # said where DAGs are parsed
        return None


def _log_changes(annotations: Mapping[str, str], changes: list[str]) -> None:
    if changes:
        _log_once(annotations.get("dag_id", ""), annotations.get("task_id", ""), "; ".join(changes))


@lru_cache(maxsize=4096)
def _log_once(dag_id: str, task_id: str, changes: str) -> None:
    _logger.info("Pod of task %r of DAG %r: %s.", task_id, dag_id, changes)
