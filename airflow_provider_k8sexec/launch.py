"""What is set right on a pod as the scheduler launches it, after Airflow's merge.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.attach import load_place
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.manifest import EXACT_ANNOTATION, LADDERS_ANNOTATION, read_note
from airflow_provider_k8sexec.pod_fields import read_field, read_items, read_texts, write_field
from airflow_provider_k8sexec.safety_net import find_worker, repair_spec
from airflow_provider_k8sexec.secret_names import name_secret_values
from airflow_provider_k8sexec.secret_uses import read_secret_uses
from airflow_provider_k8sexec.settings import SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubernetes.client import V1Pod

SECRET_NAME_VARIABLE = f"AIRFLOW__{SECTION.upper()}__SECRET_NAME"

_OF_EXECUTOR = frozenset({"dag_id", "task_id", "try_number"})
_WORKER_LABEL = "airflow-worker"
_POD_OPERATOR_LABEL = "airflow_kpo_in_cluster"
_SIDES = ("requests", "limits")
_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_logger = logging.getLogger(__name__)


def amend_pod(pod: V1Pod) -> None:
    """Set a merged worker pod right, in place; others, such as the KubernetesPodOperator's, are left alone.

    Never raises, whatever other hooks have made of the pod. What was changed is logged, once for each task.
    """
    metadata, spec = read_field(pod, "metadata"), read_field(pod, "spec")
    annotations = read_texts(metadata, "annotations")
    if not _is_worker(annotations, read_texts(metadata, "labels")):
        return
    changes = [*repair_spec(spec)]
    worker = find_worker(spec)
    changes += _set_exact(read_note(annotations, EXACT_ANNOTATION), spec, worker)
    changes += _set_rungs(read_note(annotations, LADDERS_ANNOTATION), annotations["try_number"], worker)
    _name_secret(spec, worker)
    name_secret_values(spec, worker)
    if changes:
        _log_once(annotations["dag_id"], annotations["task_id"], "; ".join(changes))


def _is_worker(annotations: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    # Astronomer's chart sets the labels kubernetes_executor and kubernetes_pod_operator on every pod by what
    # the process is that makes it, so they tell nothing.
    return (
        annotations.keys() >= _OF_EXECUTOR and _WORKER_LABEL in labels and _POD_OPERATOR_LABEL not in labels
    )


def _set_exact(note: Mapping[str, Any], spec: Any, worker: Any) -> Iterator[str]:
    """Set the fields that were lost on their way, as the task's annotation has them."""
    for part, holder in (("spec", spec), ("container", worker)):
        fields = note.get(part)
        for name, value in fields.items() if isinstance(fields, dict) else ():
            if name != "affinity" and value is not None:
                write_field(holder, name, value)
            elif value and not read_field(holder, name):  # what another hook has made of it stays
                write_field(holder, name, value)
                yield "the affinity was lost in another hook, and is the task's again"


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


def resolve_rung(rungs: object, try_number: str) -> list[str | None] | None:
    """Choose the request and limit of a try; ``None`` where there are none."""
    if not isinstance(rungs, list) or not rungs:
        return None
    number = int(try_number) if _NUMBER.match(try_number) else 1
    rung = rungs[min(max(number, 1), len(rungs)) - 1]
    return rung if isinstance(rung, list) and len(rung) == len(_SIDES) else None


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


@lru_cache(maxsize=4096)
def _log_once(dag_id: str, task_id: str, changes: str) -> None:
    _logger.info("Pod of task %r of DAG %r: %s.", task_id, dag_id, changes)
