"""What checks of the API server's are made of: ranges, choices, lists, repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.paths import Path
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.names import check_choice
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.options.manifests import Manifest

Check = Callable[[Path, Any], Iterator[Finding]]


def within(low: int, high: int, example: int | None = None) -> Check:
    """Make the check that a number is in a range."""
    remedy = f"write a number from {low} to {high}" if example is None else f"write for example {example}"

    def check(path: Path, value: int) -> Iterator[Finding]:
        if not low <= value <= high:
            yield Finding(path, show(value), f"is not between {low} and {high}", remedy, code="K8S204")

    return check


def choices(*words: str) -> Check:
    """Make the check that a value is one of a few words."""
    return lambda path, value: check_choice(path, value, words)


def check_each(check: Check) -> Check:
    """Make the check of a list from that of an item; an item of a wrong type is None."""

    def check_all(path: Path, values: list[Any]) -> Iterator[Finding]:
        for index, value in enumerate(values):
            if value is not None:
                yield from check((*path, index), value)

    return check_all


def one_of(noun: str, owner: str, remedy: str, *beside: str) -> Check:
    """Make the check that an object has one field, besides those that may stand ``beside`` it."""

    def check(path: Path, part: Manifest) -> Iterator[Finding]:
        given = [name for name in part if name not in beside]
        if len(given) != 1:
            reason = f"has {len(given)} {noun}s, and {owner} has one"
            yield Finding(path, show(given), reason, remedy, code="K8S204")

    return check


def check_repeats(items: Iterable[tuple[Path, Any]], remedy: str = "remove one") -> Iterator[Finding]:
    """Check that no two things are alike.

    Args:
        items: Where each stands, and what it is known by: a scalar, or a list of scalars.
        remedy: What to do if two are.
    """
    seen: set[str] = set()
    for path, identity in items:
        if repr(identity) in seen:
            yield Finding(path, show(identity), "is defined twice", remedy, code="K8S205")
        seen.add(repr(identity))


def check_repeats_of(
    items: list[tuple[Path, Any]], key: str, remedy: str = "remove one"
) -> Iterator[Finding]:
    """Check that no two objects have one value in a field."""
    yield from check_repeats((((*here, key), item[key]) for here, item in items if item.get(key)), remedy)
