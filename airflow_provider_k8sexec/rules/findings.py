"""What a rule forbids in a pod: the field, its value, and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.paths import Path


@frozen
class Finding:
    """One field of a pod that a rule forbids.

    Attributes:
        rule: The rule: the name of an option, with the control's own name where it has several.
        path: The field.
        value: What it has; ``None`` where it has nothing and should have something.
        problem: The same, for people.
    """

    rule: str
    path: Path
    value: Any = field(eq=str)
    problem: Problem = field(eq=False)
