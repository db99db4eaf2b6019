"""Memory from history: what the scheduler requests of ``auto(...)`` as it launches a pod.

Only tasks that have it cost a query. Of too few tries for a suggestion, it is the first doubling of the start
that was enough for all. Where that is the start itself, or the history cannot be read, the pod keeps what the
amendments have set: the start, doubled after each try that was killed for its memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.options.auto import APPLY
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity
from airflow_provider_k8sexec.past_tries.first_allocation import double_from, suggest_steps
from airflow_provider_k8sexec.past_tries.kept_usage import MOST_KEPT, load_kept, load_kept_of, samples_of
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.past_tries.usage_record import show_bytes
from airflow_provider_k8sexec.pod.annotations import (
    HISTORY_ANNOTATION,
    PER_TRY_ANNOTATION,
    read_steps,
    write_annotation,
)
from airflow_provider_k8sexec.pod.fields import read_field, read_strings, write_field
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.pod_try import parse_try
from airflow_provider_k8sexec.pod.steps import read_amounts

if TYPE_CHECKING:
    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.per_try import Chooser, Steps
    from airflow_provider_k8sexec.past_tries.first_allocation import Suggestion
    from airflow_provider_k8sexec.pod.pod_try import PodTry

SECONDS = 60
"""How long a history is good for: a task that is mapped to a thousand instances reads it once a minute. How
the earlier tries of its instance ended, each launch reads besides (:mod:`earlier_tries`)."""
_MEBIBYTE = 2**20
_MEMORY = "memory"

_logger = logging.getLogger(__name__)


@frozen
class History:
    """What earlier runs of a task suggest.

    Attributes:
        tries: How many pods are known.
        suggestion: What is suggested; ``None`` where too few runs are known.
        amounts: The amounts, in bytes: those of the suggestion; of too few runs, doublings of the start, from
            the first that was enough for all, and none where the start was.
        killed_at: The most memory with which a try of the launched task instance was killed, in bytes.
    """

    tries: int
    suggestion: Suggestion | None
    amounts: tuple[int, ...] = ()
    killed_at: int = 0

    def choose(self, index: int, most: int) -> int | None:
        """Choose the amount of a try, in bytes.

        It is above what tries of the instance were killed at, as far as that is possible: the suggestion may
        have changed between two tries. The doublings of too few runs begin above that already.

        Args:
            index: How many tries of the instance were killed for their memory.
            most: The most that may be chosen, in bytes.
        """
        if not self.amounts:
            return None
        passed = 0 if self.suggestion is None and self.killed_at else index
        amounts = (*self.amounts[passed:], most)
        return min((amount for amount in amounts if self.killed_at < amount <= most), default=most)


def has_history(pod: V1Pod) -> bool:
    """Report whether the memory of a pod may come from history; costs no more than a look."""
    annotations = read_field(read_field(pod, "metadata"), "annotations")
    return isinstance(annotations, Mapping) and '"history"' in f"{annotations.get(PER_TRY_ANNOTATION)}"


def size_from_history(pod: V1Pod, choose: Chooser) -> list[str]:
    """Set the memory of a pod from history, in place, where its task requests that; never raises.

    Args:
        pod: The pod, with the amounts of its step.
        choose: Chooses the step of a try by the tries before it.

    Returns:
        The changes, each as a sentence.
    """
    if not has_history(pod):
        return []
    try:
        annotations = read_strings(read_field(pod, "metadata"), "annotations")
        steps, of = read_steps(annotations).get(_MEMORY), parse_try(annotations)
        bounds = _read_bounds(steps) if steps is not None and steps.history else None
        if steps is None or bounds is None or of is None:
            return []
        return _size(pod, of, steps, bounds, choose(steps))
    except Exception as error:  # noqa: BLE001  # of all kinds, by the database and its driver
        message = "What earlier runs used cannot be read, so tasks start without their history: %s"
        warn_hourly(_logger, "history", message, describe_error(error))
        return []


def _read_bounds(steps: Steps) -> tuple[int, int] | None:
    """Read the start and the most, in bytes; nothing where the build cannot have put them there.

    An author can write the annotation by hand, and ``1e999999999`` takes a computer's whole memory to count.
    """
    start, most = (Quantity(steps.steps[at][-1] or "0").number for at in (0, -1))
    return (int(start), int(most)) if 1 <= start <= most <= LARGEST else None


def _size(pod: V1Pod, of: PodTry, steps: Steps, bounds: tuple[int, int], index: int) -> list[str]:
    start, most = bounds
    history = _load_for_a_while(of.dag_id, of.task_id, start, most, int(time.monotonic() // SECONDS))
    if index:  # a try that was killed counts at once, though the history was read a moment before it
        history = evolve(history, killed_at=_load_killed_at(of))
    amount = history.choose(index, most)
    _annotate(pod, history, amount, steps.history)
    if amount is None:
        return []
    is_applied = steps.history == APPLY
    tags = {"dag_id": of.dag_id, "task_id": of.task_id, "applied": str(is_applied).lower()}
    send_metric("memory_suggested_bytes", amount, tags)
    shown = show_bytes(amount)
    if not is_applied:
        return [f"{_MEMORY} would be {shown}, from what earlier runs used"]
    resources = read_field(find_worker(read_field(pod, "spec")), "resources")
    if [read_amounts(resources, side).get(_MEMORY) for side in SIDES] != steps.at(index):
        return [f"{_MEMORY} is not the {shown} that earlier runs suggest, because another hook changed it"]
    whole = -(-amount // _MEBIBYTE)
    # Rounded up, it may exceed a most of the author that is no whole number of them, such as 2G.
    quantity = f"{whole}Mi" if whole * _MEBIBYTE <= most else steps.steps[-1][-1]
    for side in SIDES:
        write_field(resources, side, {**read_amounts(resources, side), _MEMORY: quantity})
    return [f"{_MEMORY} is {shown}, from what earlier runs used"]


def load_history(dag_id: str, task_id: str, start: int, most: int) -> History:
    """Load what earlier runs of a task suggest; one query.

    Args:
        dag_id: The DAG.
        task_id: The task, with its groups.
        start: What is requested without history, in bytes.
        most: The most that is suggested, in bytes.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    with compat.open_session() as session:
        kept = load_kept(session, dag_id, task_id, most=MOST_KEPT)
    samples = samples_of(kept)
    suggestion = suggest_steps(samples, most=most)
    raised = double_from(start, samples, most)
    amounts = suggestion.steps if suggestion else raised if raised[0] > start else ()
    return History(len(kept), suggestion, amounts)


def _load_killed_at(of: PodTry) -> int:
    """Load the most memory with which a try of the same task instance was killed; one query by an index."""
    with compat.open_session() as session:
        kept = load_kept_of(session, of)
    return max((it.memory_limit or 0 for it in kept if it.was_killed), default=0)


@lru_cache(maxsize=1024)
def _load_for_a_while(dag_id: str, task_id: str, start: int, most: int, minute: int) -> History:  # noqa: ARG001  # a new one, a new answer
    """Load what earlier runs suggest, once a minute."""
    return load_history(dag_id, task_id, start, most)


def _annotate(pod: V1Pod, history: History, amount: int | None, apply: str) -> None:
    """Annotate what history suggests and why, for people, for the tab and for the record of the pod."""
    content: dict[str, Any] = {"tries": history.tries}
    if history.suggestion is not None:
        found = history.suggestion
        content |= {"suggested": amount, "applied": apply == APPLY}
        content |= {"runs": found.runs, "confidence": found.confidence}
    metadata, written = read_field(pod, "metadata"), write_annotation({_MEMORY: content})
    annotations = {**read_field(metadata, "annotations"), HISTORY_ANNOTATION: written}
    write_field(metadata, "annotations", annotations)
