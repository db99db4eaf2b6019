"""What the page says above the pod: what is missing, and which of a task's pods is shown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.context.coordinators import find_coordinator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.context.coordinators import Coordinator
    from airflow_provider_k8sexec.ui.pods import ShownPod
    from airflow_provider_k8sexec.ui.subject import Try

NO_XCOMS = "You are not allowed to read XComs, which hold what past runs used."
NO_AUDIT_LOG = (
    "You are not allowed to read the audit log, so a failure of the pod is not shown. "
    "The log of the task may have the reason."
)
NO_RECORD = "This try failed, and no failure of its pod is recorded: the log of the task has the reason."

_STARTS_POD = re.compile(r"PodOperator\Z|_Kubernetes(?:Cmd)?DecoratedOperator\Z")
"""The operators that start a pod of their own, by the names of their classes: no more is stored of them."""


def list_notices(requested: Try, pod: ShownPod | str) -> list[str]:
    """List what a reader has to know before the pod is read, the most important first.

    Args:
        requested: The try.
        pod: Its pod, or a sentence about why there is none.
    """
    if isinstance(pod, str):
        return [pod, *_describe_started(requested, "")]
    notices = [pod.problem] if pod.problem else []
    notices += _describe_started(requested, " Below is the pod of its worker, which runs the operator.")
    coordinator = find_coordinator(requested.queue)
    return [*notices, _describe(coordinator)] if coordinator else notices


def _describe_started(requested: Try, below: str) -> Iterator[str]:
    if _STARTS_POD.search(requested.operator):
        yield (
            "This task starts a pod of its own, which this tab does not show."
            f"{below} The log of the task names the started pod; "
            "k8sexec render prints it as the pod options request it."
        )


def _describe(coordinator: Coordinator) -> str:
    has = [
        f"its {what} ({value})"
        for what, value in (("pod template", coordinator.template), ("image", coordinator.image))
        if value
    ]
    parts = " and ".join(has) or "neither a pod template nor an image of its own"
    return f"The queue {coordinator.queue!r} has the coordinator {coordinator.name!r}, with {parts}."
