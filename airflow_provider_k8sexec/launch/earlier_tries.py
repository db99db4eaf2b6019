"""Chooses steps of per-try values as a pod is launched, by how the earlier tries of its task ended.

Three sources are read in this order, and the first that knows how a try ended decides:

1. the rows of the event log, which the watch of some scheduler has written, with those that still wait to be
   written in this process;
2. what the worker of the last try has recorded of its memory: where the kernel killed a process of the task,
   the worker reports the failure, and its pod ends later;
3. the API server, for the last try alone, where neither of them knows.

What the last two know is written into the event log, from which later launches count: Airflow removes the
worker's record as the next try starts, and deletes pods.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from attrs import define, evolve

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.diagnosis import Diagnosis, diagnose_exceeded
from airflow_provider_k8sexec.diagnosis.codes import CODES, DISRUPTION, OOM
from airflow_provider_k8sexec.launch.ended_pods import find_ends
from airflow_provider_k8sexec.launch.failure_events import FailureRecord, record_pod
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.launch.record_writer import (
    Record,
    add_record,
    insert_event,
    list_urgent,
    transaction,
)
from airflow_provider_k8sexec.options.quantity import Quantity, format_bytes
from airflow_provider_k8sexec.past_tries.earlier_ends import STEP_EVENT, EarlierEnds, read_ends
from airflow_provider_k8sexec.past_tries.metrics import send_metric
from airflow_provider_k8sexec.pod.annotations import read_steps
from airflow_provider_k8sexec.pod.fields import read_field, read_strings
from airflow_provider_k8sexec.pod.pod_try import PodTry, parse_try

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.client import V1Pod
    from sqlalchemy.engine import Engine

    from airflow_provider_k8sexec.options.per_try import Steps
    from airflow_provider_k8sexec.past_tries.usage_record import Usage

_COUNTED = (OOM, DISRUPTION)
_MOST_SHOWN = 10

_launched: Recent[PodTry] = Recent(4096)
"""Tries for which this process has launched a pod: another one is launched where that failed before its task
began, by the same executor (``pod_launch_failure_retries``)."""

_log = logging.getLogger(__name__)


class EarlierTries:
    """The earlier tries of the task instance that a pod is launched for.

    Nothing is read until a step depends on it. What cannot be read counts no step.
    """

    def __init__(self, pod: V1Pod) -> None:
        """Take the pod that is launched, as the executor has made it."""
        self._pod = pod
        self._is_repeated = False
        self._asked: set[int] = set()

    @cached_property
    def _annotations(self) -> Mapping[str, str]:
        return read_strings(read_field(self._pod, "metadata"), "annotations")

    def choose(self, steps: Steps) -> int:
        """Choose the step that the try takes, from 0 on, and record why.

        Where any end of a try counts, it is the number of the try, and nothing is read.
        """
        of = parse_try(self._annotations)
        number = 1 if of is None else max(of.try_number, 1)
        if steps.after not in _COUNTED:
            return number - 1
        ended = self.find_ended(steps.after)
        if of is not None and (ended or number > 1):
            unknown = [] if self._is_known(number - 1, steps.after) else [number - 1]
            add_record(StepRecord.of_choice(of, steps, ended, unknown))
        return len(ended)

    def find_ended(self, after: str) -> list[int]:
        """Find the numbers of the earlier tries that ended so, ``oom`` or ``disruption``; never raises."""
        try:
            if self._ends is None:
                return []
            self._ask_server(self._ends, after)
            return self._ends.find_counted(after)
        except Exception as error:  # noqa: BLE001  # the task is launched all the same
            _warn(error)
            return []

    @cached_property
    def _ends(self) -> EarlierEnds | None:
        of = parse_try(self._annotations)
        if of is None:
            return None
        self._is_repeated = not _launched.add(of)
        # What waits is listed first: a record that is written in between is in the database by then.
        waiting = [record for record in list_urgent() if isinstance(record, FailureRecord)]
        try:
            ends = _read(of)
        except Exception as error:  # noqa: BLE001  # of all kinds, by the database and its driver
            _warn(error)
            return None
        for record in waiting:
            if evolve(record.of, try_number=of.try_number) == of:
                ends.add(record.of.try_number, record.diagnosis.code)
        killed = ends.killed_within
        if killed is not None:
            self._settle(ends, killed.try_number, self._diagnose_killed(killed))
        return ends

    def _ask_server(self, ends: EarlierEnds, after: str) -> None:
        """Ask the API server how the last try ended, if that is not known.

        Where a pod of the same try has been launched before, it asks how that one ended as well. It asks
        once, however many options have steps.
        """
        of = ends.of
        numbers = {of.try_number - 1, *([of.try_number] if self._is_repeated else [])} - self._asked
        unknown = sorted(number for number in numbers if number > 0 and not ends.is_known(number, after))
        if unknown and not ends.is_outdated:
            self._asked.update(unknown)
            tries = [evolve(of, try_number=number) for number in unknown]
            for ended, diagnosis in find_ends(self._pod, tries):
                if diagnosis is None:
                    ends.silent.add(ended.try_number)
                else:
                    self._settle(ends, ended.try_number, diagnosis)

    def _settle(self, ends: EarlierEnds, number: int, diagnosis: Diagnosis) -> None:
        """Keep how a try ended: here, and in the event log, from which later launches read it."""
        ends.add(number, diagnosis.code)
        if CODES[diagnosis.code].counts_for:
            record_pod(evolve(ends.of, try_number=number), diagnosis)

    def _diagnose_killed(self, usage: Usage) -> Diagnosis:
        """Diagnose a try in which the kernel killed a process of the task, as the worker has recorded it."""
        if not usage.memory_limit:
            cause = "a process of the task was killed, because its node had no memory left"
            return Diagnosis("OOMKilled", cause, "set memory=... to what it needs")
        per_try_values = read_steps(self._annotations).get("memory")
        limits = [step[-1] for step in per_try_values.steps] if per_try_values else []
        return diagnose_exceeded(Quantity(format_bytes(Decimal(usage.memory_limit))), limits)

    def _is_known(self, number: int, after: str) -> bool:
        return number < 1 or (self._ends is not None and self._ends.is_known(number, after))


@define
class StepRecord(Record):
    """Which step of per-try values a try has, and why.

    Attributes:
        head: The start of the sentence, which is written once a try.
        sentence: The sentence.
        after: The end of a try that counts.
        is_later: Whether it is a later step than the first.
    """

    is_urgent = False

    head: str
    sentence: str
    after: str
    is_later: bool

    @classmethod
    def of_choice(cls, of: PodTry, steps: Steps, ended: Sequence[int], unknown: Sequence[int]) -> StepRecord:
        """Describe a choice.

        Args:
            of: The try that is launched.
            steps: What is chosen from.
            ended: The earlier tries that count.
            unknown: The tries of which no source knows how they ended.
        """
        count = len(steps.steps)
        head = f"{steps.field} has step {min(len(ended) + 1, count)} of {count} (after={steps.after!r}): "
        numbers = ", ".join(map(str, ended[-_MOST_SHOWN:]))
        tries = f"{'try' if len(ended) == 1 else 'tries'} {numbers}" if ended else "no earlier try"
        sentence = f"{head}{tries} ended so."
        for number in unknown:
            sentence += f" How try {number} ended is not known, so it counts no step."
        return cls(of, head, sentence, steps.after, bool(ended))

    @property
    def key(self) -> tuple[PodTry, str]:
        """The try and the step."""
        return self.of, self.head

    def write(self, engine: Engine) -> None:
        """Write the row, unless there is one."""
        with transaction(engine, self.of) as connection:
            is_written = connection.execute(insert_event(self, STEP_EVENT, self.sentence, self.head)).rowcount
        if is_written and self.is_later:
            tags = {"dag_id": self.of.dag_id, "task_id": self.of.task_id, "after": self.after}
            send_metric("steps_taken", 1, tags)


def _read(of: PodTry) -> EarlierEnds:
    with compat.open_session() as session:
        return read_ends(of, session)


def _warn(error: Exception) -> None:
    message = "How earlier tries of a task ended could not be read, so that its pod has the first step: %s"
    warn_hourly(_log, "earlier tries", message, describe_error(error))
