"""Values that change from try to try of a task: amounts that grow, and where its pod may run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, cast

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.after import AFTERS, FAILURE, After
from airflow_provider_k8sexec.options.bounds import MOST_TRIES
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show, show_shape, show_type
from airflow_provider_k8sexec.options.quantity import LARGEST, Quantity

T = TypeVar("T")
Parse = Callable[[str, object], T]
T_co = TypeVar("T_co", covariant=True)


_MOST_DOUBLINGS = 40
_FORM = ("per_try", "after")
_DOUBLING_FORM = ("first", "up_to")
_NOUNS = {"oom": "OOM", "disruption": "disruption"}


@frozen(repr=False)
class PerTry(Generic[T_co]):
    """A value for each try.

    Attributes:
        steps: The values, the first try's first; tries after the last have the last.
        after: After which end of a try the next step is taken.
    """

    steps: tuple[T_co, ...]
    after: After = FAILURE

    def __repr__(self) -> str:
        """Show it as it is written."""
        return f"per_try({', '.join(map(show, self.steps))}{_write_after(self.after)})"


@frozen(repr=False)
class Doubling(Generic[T_co]):
    """An amount that doubles with each try.

    Attributes:
        first: The first try's amount.
        up_to: The amount that no try exceeds, and the last ones have.
        after: After which end of a try it doubles.
    """

    first: T_co
    up_to: T_co
    after: After = FAILURE

    def __repr__(self) -> str:
        """Show it as it is written."""
        up_to = f"up_to={show(self.up_to)}"
        return f"per_try.doubling({show(self.first)}, {up_to}{_write_after(self.after)})"


def _write_after(after: object) -> str:
    return "" if after == FAILURE else f", after={show(after)}"


@frozen
class Steps:
    """The per-try values of one field of a pod, as the pod has them.

    Attributes:
        field: A resource of the worker, ``memory``, or a field of the spec, ``nodeSelector``.
        after: After which end of a try the next step is taken.
        steps: ``[request, limit]`` of each step, or the field's value; the last holds for all that follow.
        history: What is done with the amount that earlier runs suggest; empty where none is.
    """

    field: str
    after: After
    steps: tuple[Any, ...]
    history: str = ""

    def at(self, index: int) -> Any:
        """Give the value of a step, from 0 on; tries after the last have the last."""
        return self.steps[min(max(index, 0), len(self.steps) - 1)]


Chooser = Callable[[Steps], int]
"""Chooses the step that a try takes, from 0 on; one beyond the last means the last."""


def choose_by_try(try_number: int, ended: After = FAILURE) -> Chooser:
    """Choose the steps of a try of which nothing but its number is known.

    Args:
        try_number: The try, from 1 on.
        ended: How all earlier tries are taken to have ended.
    """
    earlier = max(try_number, 1) - 1
    return lambda steps: earlier if steps.after in (FAILURE, ended) else 0


class _PerTry:
    """The type of ``per_try``, which makes per-try values."""

    def __call__(self, *steps: T, after: After = FAILURE) -> PerTry[T]:
        return PerTry(steps, after)

    def doubling(self, first: T, *, up_to: T, after: After = FAILURE) -> Doubling[T]:
        return Doubling(first, up_to, after)


per_try = _PerTry()
"""A value that changes from try to try.

``memory=per_try("1Gi", "2Gi", "4Gi")`` has an amount for each try, and the last for all later ones; an amount
is what the option takes by itself, a ``(request, limit)`` pair included.
``memory=per_try.doubling("1Gi", up_to="16Gi")`` doubles from try to try.
``memory=per_try("1Gi", "2Gi", after="oom")`` takes a step only after a try that was killed for its memory;
``priority_class_name=per_try("low", "high", after="disruption")`` only after one that lost its node.
For ``cpu``, ``memory``, ``ephemeral_storage``, ``gpu``, also ``gpu={"amd.com/gpu": per_try(1, 2)}``;
``node_selector``, ``tolerations``, ``affinity`` and ``priority_class_name``.
How many tries there are is Airflow's ``retries``.
"""


def parse_mapping_form(field: str, value: object) -> object:
    """Read per-try values in YAML's form; anything else stays as it is.

    ``{"per_try": ["1Gi", "2Gi"], "after": "oom"}``, or ``{"per_try": {"first": "1Gi", "up_to": "8Gi"}}``.

    Raises:
        SpecError: It has keys that the form does not have, or lacks some.
    """
    if isinstance(value, Mapping) and "per_try" in value:
        _require_after_beside(field, value["per_try"])
    match value:
        case {"per_try": [*steps], **others}:
            _check_keys(field, others, _FORM[1:])
            return PerTry(tuple(steps), cast("After", others.get("after", FAILURE)))
        case {"per_try": {**doubling}, **others} if doubling:
            _check_keys(field, others, _FORM[1:])
            _check_keys(f"{field}['per_try']", doubling, _DOUBLING_FORM)
            first, up_to = (doubling.get(name) for name in _DOUBLING_FORM)
            return Doubling(first, up_to, cast("After", others.get("after", FAILURE)))
    return value


def _require_after_beside(field: str, given: object) -> None:
    """Refuse an ``after`` that stands one level too deep: it is no step, and no amount."""
    held = given if isinstance(given, (list, tuple)) else [given]
    forms = [part for part in held if isinstance(part, Mapping) and (part is given or len(part) == 1)]
    after = next((form["after"] for form in forms if form.get("after") in AFTERS), None)
    if after is not None:
        remedy = f"write {field}={{'per_try': ..., 'after': {show(after)}}}"
        path = f"{field}['per_try']['after']"
        raise refusal(path, after, "is one level too deep", remedy, code="K8S107")


def _check_keys(field: str, given: Mapping[Any, object], known: tuple[str, ...]) -> None:
    """Refuse keys that a form does not have."""
    problems = []
    for key in given.keys() - {*known}:
        nearest = find_nearest(str(key), known)
        remedy = f"write {nearest!r}" if nearest else f"write {' and '.join(map(repr, known))} alone"
        reason = "is not a key of per-try values"
        problems.append(Problem(f"{field}[{show(key)}]", show_shape(given[key]), reason, remedy, "K8S107"))
    if problems:
        raise SpecError(sorted(problems))


def parse_after(field: str, per_try: PerTry[Any] | Doubling[Any]) -> After:
    """Read after which end of a try the next step is taken.

    Raises:
        SpecError: It is none of the three that are known.
    """
    after: object = per_try.after
    if isinstance(after, str) and after in AFTERS:
        return after
    nearest = find_nearest(after, AFTERS) if isinstance(after, str) else None
    *before, last = map(repr, AFTERS)
    remedy = f"write after={nearest!r}" if nearest else f"write after={', '.join(before)} or {last}"
    raise refusal(f"{field}.after", after, "is not an end of a try", remedy, code="K8S107")


def parse_steps(field: str, per_try: PerTry[object], parse_step: Parse[T]) -> list[T]:
    """Read the values of each try.

    Args:
        field: The option.
        per_try: What was given.
        parse_step: The reader of what the option takes for a single try.

    Raises:
        SpecError: There is none, there are too many, or some cannot be read; it has the problems of all.
    """
    if not per_try.steps:
        remedy = f"write {field}=per_try(first, second), with a value for each try"
        raise refusal(field, per_try, "has no value", remedy, code="K8S107")
    count = len(per_try.steps)
    if count > MOST_TRIES:
        reason = f"has {count} values, and at most {MOST_TRIES} are read"
        remedy = "write fewer: tries after the last have the last value"
        raise SpecError([Problem(field, show_type(per_try), reason, remedy, code="K8S107")])
    parts = PartReader()
    read = [
        parts.read(parse_step, name_step(field, index, per_try.after), step)
        for index, step in enumerate(per_try.steps)
    ]
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


def name_step(field: str, index: int, after: After = FAILURE) -> str:
    """Name the value of one step, for errors: ``memory[try 2]``, ``memory[after 1 OOM]``."""
    is_counted = isinstance(after, str) and after in _NOUNS
    return f"{field}[{name_end(index, after)}]" if is_counted else f"{field}[try {index + 1}]"


def name_end(count: int, after: After) -> str:
    """Name after how many ends of tries a step is taken: ``after 1 OOM``, ``before any disruption``."""
    noun = _NOUNS.get(after, after)
    return f"after {count} {noun}{'s' if count > 1 else ''}" if count else f"before any {noun}"
