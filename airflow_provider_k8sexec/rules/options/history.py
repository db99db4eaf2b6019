"""Rules about amounts from history: whether there will be one, and a try after one that was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.resource_names import option_of
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration

NEEDED = ("amend_pods", "watch_pods", "report_usage")
"""The switches of ``[k8sexec]`` without which there is no history, or nothing sets its amount."""
_SHOWN = "auto(...)"


def check_tries_of_history(declaration: Declaration, retries: int) -> Iterator[Finding]:
    """By history a try may be killed, so another one has to follow; how many, nothing can say."""
    for option in _list_options(declaration):
        if retries <= 0:
            reason = "comes from history, so that a try may be killed, and retries=0 is one try"
            yield Finding((option,), _SHOWN, reason, "write retries=1 or more", code="K8S107")


def check_history(
    declaration: Declaration, *, is_worker: bool, is_on: Callable[[str], bool]
) -> Iterator[Finding]:
    """An amount from history has what it needs: a worker's pod, whose scheduler watches and amends it.

    Args:
        declaration: What the task declares.
        is_worker: Whether that is of its worker's pod.
        is_on: Reports whether a part of this package is switched on.
    """
    for option in _list_options(declaration):
        remedy = f"write for example {option}=per_try(first, second)"
        if not is_worker:
            reason = "comes from history, which is kept of workers' pods alone"
            yield Finding((option,), _SHOWN, reason, remedy, code="K8S107")
        for switch in NEEDED:
            if not is_on(switch):
                reason = f"comes from history, for which [k8sexec] {switch} must be on"
                yield Finding((option,), _SHOWN, reason, f"{remedy}, or ask the site", code="K8S107")


def _list_options(declaration: Declaration) -> list[str]:
    return [option_of(resource) for resource, bounds in declaration.resources.items() if bounds.history]
