"""Why a pod that a task starts by itself failed or was refused: the same diagnoses, in that task's words.

No executor is concerned: Airflow tries again by ``retries``, and the image needs no Airflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.diagnosis.lookup import find, find_objects
from airflow_provider_k8sexec.diagnosis.pods import diagnose_pod
from airflow_provider_k8sexec.diagnosis.refusals import TRY_AGAIN, diagnose_refusal
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.pod.annotations import PER_TRY_ANNOTATION, write_annotation, write_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.diagnosis.lookup import Object
    from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis
    from airflow_provider_k8sexec.options.per_try import Steps

_AGAIN = "set retries=... so that the task runs again"
_OF_WORKERS = (
    (f"{TRY_AGAIN}, or set retries=...", _AGAIN),
    (TRY_AGAIN, _AGAIN),
    ("[scheduler] task_queued_timeout", "startup_timeout_seconds=..."),
    ("of the scheduler's service account", "with which the worker calls the API server"),
    ("[kubernetes_executor] namespace", "the Kubernetes connection"),
    ("name an image=... that has Airflow, and its shell, in it", "correct cmds=... or image=..."),
    ("the worker never began", "the task's container never began"),
    ("starts before the worker", "starts before the task's"),
    ("the worker has ended", "the task's container has ended"),
    ("ends with the worker", "ends with it"),
)
"""What a diagnosis of a worker writes, and what holds for a pod that a task starts."""
_KINDS = (("spec", "containers"), ("status", "containerStatuses"))


def diagnose_started_refusal(error: str) -> Diagnosis | None:
    """Diagnose why the pod of a task was not created.

    Args:
        error: The text of the ``ApiException``.

    Returns:
        The diagnosis; ``None`` if the error contains no answer of an API server.
    """
    found = diagnose_refusal(error)
    return found and evolve(found, remedy=_reword(found.remedy))


def diagnose_started_pod(pod: Object, container: str, steps: Mapping[str, Steps]) -> Diagnosis | None:
    """Diagnose why the pod of a task failed or does not start.

    Args:
        pod: The pod as the API server returns it.
        container: The name of the task's container.
        steps: The per-try values by field, which workers have in an annotation.
    """
    metadata = {
        **(find(pod, "metadata") or {}),
        "annotations": {PER_TRY_ANNOTATION: write_annotation(write_steps(steps))},
    }
    known = {**pod, "metadata": metadata}
    for part, field in _KINDS:
        items = [_swap(item, container) for item in find_objects(pod, part, field)]
        known[part] = {**(find(known, part) or {}), field: items}
    found = diagnose_pod(known)
    if found is None:
        return None
    cause = found.cause.replace(repr(WORKER_CONTAINER), repr(container))
    return evolve(found, cause=_reword(cause), remedy=_reword(found.remedy))


def _swap(item: Object, container: str) -> Object:
    """Swap the names of the task's container and of a worker's, by which the diagnoses know it."""
    names = {container: WORKER_CONTAINER, WORKER_CONTAINER: container}
    return {**item, "name": names.get(str(item.get("name")), item.get("name"))}


def _reword(text: str) -> str:
    for of_workers, of_started in _OF_WORKERS:
        text = text.replace(of_workers, of_started)
    return text
