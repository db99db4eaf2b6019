"""Amounts of a resource that grow from try to try of a task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar, cast

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.bounds import MOST_TRIES
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show, show_type
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity

T = TypeVar("T")
Parse = Callable[[str, object], T]
T_co = TypeVar("T_co", covariant=True)

_MOST_DOUBLINGS = 40


@frozen(repr=False)
class PerTry(Generic[T_co]):
    """An amount for each try.

    Attributes:
        steps: The amounts, the first try's first; tries after the last have the last.
    """

    steps: tuple[T_co, ...]

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"per_try({', '.join(map(show, self.steps))})"


@frozen(repr=False)
class Doubling(Generic[T_co]):
    """An amount that doubles with each try.

    Attributes:
        first: The first try's amount.
        up_to: The amount that no try exceeds, and the last ones have.
    """

    first: T_co
    up_to: T_co

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"per_try.doubling({show(self.first)}, up_to={show(self.up_to)})"


class _PerTry:
    """The type of ``per_try``, which makes per-try values."""

    def __call__(self, *steps: T) -> PerTry[T]:
        return PerTry(steps)

    def doubling(self, first: T, *, up_to: T) -> Doubling[T]:
        return Doubling(first, up_to)


per_try = _PerTry()
"""A resource that grows with the try number.

``memory=per_try("1Gi", "2Gi", "4Gi")`` has an amount for each try, and the last for all later ones; an amount
is what the option takes by itself, a ``(request, limit)`` pair included.
``memory=per_try.doubling("1Gi", up_to="16Gi")`` doubles from try to try.
For ``cpu``, ``memory``, ``ephemeral_storage`` and ``gpu``; also ``gpu={"amd.com/gpu": per_try(1, 2)}``.
How many tries there are is Airflow's ``retries``.
"""


def parse_mapping_form(value: object) -> object:
    """Read per-try values in YAML's form, ``{"per_try": ["1Gi", "2Gi"]}``; anything else stays as it is."""
    match value:
        case {"per_try": [*steps], **others} if not others:
            return PerTry(tuple(steps))
    return value


def parse_steps(field: str, per_try: PerTry[object], parse_step: Parse[T]) -> list[T]:
    """Read the amounts of each try.

    Args:
        field: The option.
        per_try: What was given.
        parse_step: The reader of what the option takes for a single try.

    Raises:
        SpecError: There is no amount, there are too many, or some cannot be read; it has the problems of all.
    """
    if not per_try.steps:
        remedy = f"write {field}=per_try(first, second), with an amount for each try"
        raise refusal(field, per_try, "has no amount", remedy, code="K8S107")
    count = len(per_try.steps)
    if count > MOST_TRIES:
        reason = f"has {count} amounts, and at most {MOST_TRIES} are read"
        remedy = "write fewer: tries after the last have the last amount"
        raise SpecError([Problem(field, show_type(per_try), reason, remedy, code="K8S107")])
    parts = PartReader()
    read = [parts.read(parse_step, name_step(field, index), step) for index, step in enumerate(per_try.steps)]
    parts.require_none(read)
    return cast("list[T]", read)


def parse_doubling(field: str, per_try: Doubling[object], parse_amount: Parse[Quantity]) -> list[Quantity]:
    """Read the first amount, and double it until the last.

    Args:
        field: The option.
        per_try: What was given.
        parse_amount: The reader of one amount.

    Raises:
        SpecError: An amount cannot be read, or the last cannot be reached by doubling the first.
    """
    parts = PartReader()
    first = parts.read(parse_amount, f"{field}.first", per_try.first)
    up_to = parts.read(parse_amount, f"{field}.up_to", per_try.up_to)
    parts.require_none()
    first, up_to = cast("Quantity", first), cast("Quantity", up_to)
    if first.number <= 0:
        remedy = "start with the amount of the first try"
        raise refusal(field, per_try, "starts at 0, which stays 0 when it is doubled", remedy, code="K8S107")
    if first > up_to:
        remedy = f"write {field}=per_try.doubling({show(per_try.up_to)}, up_to={show(per_try.first)})"
        raise refusal(field, per_try, "starts above up_to", remedy, code="K8S107")
    if up_to.number > LARGEST or up_to.number / 2**_MOST_DOUBLINGS > first.number:
        reason = f"takes more than {_MOST_DOUBLINGS} tries"
        raise refusal(field, per_try, reason, "write amounts that are closer to each other", code="K8S107")
    steps = [first]
    while steps[-1].number * 2 < up_to.number:
        steps.append(steps[-1].doubled())
    return steps if first == up_to else [*steps, up_to]


def name_step(field: str, index: int) -> str:
    """Name the amount of one try, for errors: ``memory[try 2]``."""
    return f"{field}[try {index + 1}]"
