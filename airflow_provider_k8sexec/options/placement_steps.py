"""Where the pod of a task may run in each try: selectors, tolerations, affinity and priority class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.after import FAILURE, After
from airflow_provider_k8sexec.options.per_try import Doubling, PerTry, parse_after, parse_steps
from airflow_provider_k8sexec.options.problems import PartReader, show, show_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PLACEMENT_FIELDS = {
    "node_selector": "nodeSelector",
    "tolerations": "tolerations",
    "affinity": "affinity",
    "priority_class_name": "priorityClassName",
}
"""The options of which a pod's spec can have another value in each try, with its name of the field."""

_WITHOUT_STEPS = frozenset({"annotations", "env_vars", "image", "labels"})
"""Options for which per-try values are likely to be tried."""

OF_SPEC = frozenset(PLACEMENT_FIELDS.values())
"""The fields of a pod's spec that can differ between tries; all other per-try values are amounts."""

EMPTY: Mapping[str, Any] = {
    "node_selector": {},
    "tolerations": (),
    "affinity": {},
    "priority_class_name": None,
}
"""What each of them is where nothing is declared."""


@frozen
class PlacementSteps:
    """One of these options, where it differs between tries.

    Attributes:
        option: The option.
        after: After which end of a try the next step is taken.
        steps: The values as the innermost layer with per-try values has them.
        under: What the layers outside of that one declare.
        over: What the layers inside of it declare.
    """

    option: str
    after: After
    steps: tuple[Any, ...]
    under: Any
    over: Any

    @property
    def values(self) -> tuple[Any, ...]:
        """What all layers declare together, for each step."""
        return tuple(lay_value(lay_value(self.under, step), self.over) for step in self.steps)

    @property
    def differ(self) -> bool:
        """Whether any step is another than the first."""
        first, *later = self.values
        return any(value != first for value in later)

    def below(self, inner: Any) -> PlacementSteps:
        """Lay what an inner layer declares over every step."""
        return evolve(self, over=lay_value(self.over, inner))

    def without(self, keys: Iterable[str]) -> PlacementSteps:
        """Leave out keys of a mapping, for which an inner layer has a value that is known later."""
        left_out = {*keys}
        if not left_out:
            return self
        under, over, *steps = (
            {key: item for key, item in value.items() if key not in left_out}
            for value in (self.under, self.over, *self.steps)
        )
        return evolve(self, under=under, over=over, steps=tuple(steps))

    def above(self, outer: Any) -> PlacementSteps:
        """Lay every step over what an outer layer declares."""
        return evolve(self, under=lay_value(outer, self.under))


def lay_value(outer: Any, inner: Any) -> Any:
    """Lay a value of one of these options over another, as layers do: by key, by item, or as a whole."""
    if isinstance(outer, tuple):
        return (*outer, *(item for item in inner if item not in outer))
    if isinstance(outer, dict):
        return {**outer, **inner}
    return outer if inner is None else inner


def describe_misplaced_steps(option: str, value: object) -> Problem | None:
    """Describe per-try values where none can be: for one key of a mapping, or of an option without steps."""
    is_placed = option in PLACEMENT_FIELDS
    if not is_placed and option not in _WITHOUT_STEPS:  # amounts explain theirs
        return None
    held = value if isinstance(value, Mapping) else {}
    key = next((key for key, part in held.items() if isinstance(part, (PerTry, Doubling))), None)
    if key is None and (is_placed or not isinstance(value, (PerTry, Doubling))):
        return None
    field, shown = (option, value) if key is None else (f"{option}[{show(key)}]", held[key])
    if is_placed:
        reason = "differs between tries, which only the whole option can"
        remedy = f"write {option}=per_try({{{show(key)}: first}}, {{{show(key)}: second}})"
    else:
        reason, remedy = "cannot differ between tries", "write one value for all of them"
    return Problem(field, show_type(shown), reason, remedy, code="K8S107")


def parse_placement_steps(
    option: str, per_try: PerTry[Any] | Doubling[Any], parse: Callable[[str, object], Any]
) -> PlacementSteps:
    """Read an option that has per-try values.

    Args:
        option: The option.
        per_try: Its values.
        parse: The reader of what it takes for a single try.

    Raises:
        SpecError: The next step is taken after no end that is known, or some values cannot be read.
    """
    if isinstance(per_try, Doubling):
        reason, remedy = "is no amount, and cannot be doubled", f"write {option}=per_try(first, second)"
        raise SpecError([Problem(option, show(per_try), reason, remedy, code="K8S107")])
    empty = EMPTY[option]
    parts = PartReader()
    after = parts.read(parse_after, option, per_try) or FAILURE
    read = parts.read(parse_steps, option, per_try, parse_step=parse) or [empty]
    steps = tuple(_exact(empty, step) for step in read)
    found = PlacementSteps(option, after, steps, under=empty, over=empty)
    parts.require_none(found)
    return found


def _exact(empty: Any, step: Any) -> Any:
    """Give a step in the shape that a declaration has it in; what was not readable is empty."""
    if step is None:
        return empty
    return tuple(step) if isinstance(empty, tuple) else step
