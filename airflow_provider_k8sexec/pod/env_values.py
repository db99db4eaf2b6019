"""What each variable of a container comes to, whatever the order in which the variables are written.

Kubernetes replaces ``$(NAME)`` by the value that is defined above, and of several definitions the last one
counts. What only the cluster knows (a secret's value, what ``envFrom`` and the pod template define) stands
for itself.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.variable_references import names_in, split_references
from airflow_provider_k8sexec.pod.merged_env import MANGLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_MOST = 1024 * 1024
"""The characters of all values together: values that refer to values can double in each line of a list."""

Value = tuple[Any, ...]
"""A value in parts: literals, and tuples for what only the cluster knows."""


def expand_variables(items: list[Any], identify: Callable[[Any], str]) -> dict[str, Value] | None:
    """Give the value of each variable of a container.

    Args:
        items: The variables, as a manifest has them.
        identify: Gives the same string for sources of the same value.

    Returns:
        The values by name; ``None`` where a variable has no name, or the values are too long.
    """
    seen: dict[str, Value] = {}
    size = 0
    for item in items:
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str):
            return None
        seen[name] = _evaluate(item, name, seen, identify)
        size += _measure(seen[name])
        if size > _MOST:
            return None
    return seen


def _evaluate(item: Mapping[str, Any], name: str, seen: Mapping[str, Value], identify: Any) -> Value:
    text, source = item.get("value"), item.get("valueFrom")
    if text not in (None, "") or source is None:
        return _expand("" if text is None else text, seen, identify)
    atom = ("source", identify(source))
    if not _is_optional(source):
        return (atom,)
    # Where the source is missing, the variable has the value that it would have without this definition.
    return (("optional", *atom, _refer(name, seen)),)


def _expand(text: Any, seen: Mapping[str, Value], identify: Any) -> Value:
    if not isinstance(text, str):
        return (("no string", identify(text)),)
    if MANGLED.search(text):
        return (("mangled", text, *(_refer(name, seen) for name in names_in(text))),)
    return _join(_iter_parts(text, seen))


def _iter_parts(text: str, seen: Mapping[str, Value]) -> Iterator[Any]:
    for part in split_references(text):
        if isinstance(part, tuple):
            yield from _refer(part[0], seen)
        elif part:
            yield part


def _refer(name: str, seen: Mapping[str, Value]) -> Value:
    return seen.get(name, (("outer", name),))


def _join(parts: Iterator[Any]) -> Value:
    joined: list[Any] = []
    for is_literal, group in groupby(parts, lambda part: isinstance(part, str)):
        run = list(group)
        joined += ["".join(run)] if is_literal else run
    return tuple(joined)


def _is_optional(source: Any) -> bool:
    references = source.values() if isinstance(source, dict) else ()
    return any(isinstance(reference, dict) and reference.get("optional") is True for reference in references)


def _measure(value: Any) -> int:
    return len(value) if isinstance(value, str) else 1 + sum(map(_measure, value))
