"""A pod that is not launched: the error by which the executor fails this one task, and the record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis import Diagnosis
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.launch.failure_events import record_pod

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.pod.pod_try import PodTry

_MOST_SHOWN = 20


class PodRefusedError(K8sExecError):
    """A pod that is not launched: it violates the site's limits, or a value of it cannot be known."""


def refuse_pod(
    of: PodTry | None, code: str, heading: str, breaches: Sequence[tuple[str, str]]
) -> PodRefusedError:
    """Make the error, and record in Airflow's event log, in one sentence, why the task fails.

    Args:
        of: The try that the pod is for; ``None`` where the pod names none.
        code: The code of the failure.
        heading: What each line of the error begins with.
        breaches: What is wrong with the pod, each with a remedy.
    """
    (cause, remedy), *others = breaches
    if of is not None:
        more = f" (and {len(others)} more, in the scheduler's log)" if others else ""
        record_pod(of, Diagnosis(code, cause + more, remedy))
    lines = [f"{heading}: {cause}; {remedy}." for cause, remedy in breaches[:_MOST_SHOWN]]
    lines += [f"... and {len(breaches) - _MOST_SHOWN} more."] if len(breaches) > _MOST_SHOWN else []
    return PodRefusedError("\n".join(lines))
