"""Rules about the pod's times, and its template.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.problems import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration

_LONGEST_DEADLINE = 2**31 - 1
_LONGEST_GRACE = 2**63 - 1


def check_seconds(declaration: Declaration) -> Iterator[Problem]:
    """A deadline is at least a second away, and a grace period is no negative time."""
    deadline, grace = declaration.active_deadline_seconds, declaration.termination_grace_period_seconds
    if deadline is not None and not 1 <= deadline <= _LONGEST_DEADLINE:
        reason = f"is not between 1 and {_LONGEST_DEADLINE} seconds"
        yield Problem("active_deadline_seconds", str(deadline), reason, "write for example 3600")
    if grace is not None and grace < 0:
        yield Problem("termination_grace_period_seconds", str(grace), "is negative", "write for example 30")
    elif grace is not None and grace > _LONGEST_GRACE:
        reason = "is more than Kubernetes can count"
        yield Problem("termination_grace_period_seconds", str(grace), reason, "write for example 30")


def check_template_file(declaration: Declaration) -> Iterator[Problem]:
    """The scheduler reads the template from an absolute path, whatever its own directory is."""
    path = declaration.pod_template_file
    if path is not None and not path.startswith("/"):
        remedy = f"write for example '/opt/airflow/{path or 'pod_template.yaml'}'"
        yield Problem("pod_template_file", show(path), "is not an absolute path", remedy)
