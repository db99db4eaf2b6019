"""Why a pod failed or does not start, from its status, and from its events where the status has no reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.diagnosis.containers import diagnose_end, diagnose_memory, diagnose_waiting
from airflow_provider_k8sexec.diagnosis.disruptions import diagnose_disruption, diagnose_whole
from airflow_provider_k8sexec.diagnosis.lookup import Object, find_text
from airflow_provider_k8sexec.diagnosis.scheduling import diagnose_scheduling
from airflow_provider_k8sexec.diagnosis.volumes import diagnose_events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis


def diagnose_pod(pod: Object, events: Iterable[Object] = ()) -> Diagnosis | None:
    """Diagnose why a pod failed or does not start.

    The most specific cause comes first: a container that exceeded its memory limit, for example, also ends
    with exit code 137, as does one that is killed with its pod.

    Args:
        pod: The pod as the API server returns it.
        events: Events about it, the latest one last.

    Returns:
        The diagnosis; ``None`` if nothing is wrong, if the task ended with an error of its own, which its log
        shows better, or if the pod was deleted, as for a task that a user clears.
    """
    found = (
        diagnose_memory(pod)
        or diagnose_whole(pod)
        or diagnose_disruption(pod)
        or diagnose_waiting(pod)
        or diagnose_scheduling(pod)
        or diagnose_end(pod)
        or diagnose_events(events)
    )
    return found and evolve(found, node=find_text(pod, "spec", "nodeName"))
