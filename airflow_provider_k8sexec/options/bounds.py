"""How much a pod option, or a file of the site, may hold: whoever reads it walks it whole and writes it out.

The bounds are far beyond what Kubernetes takes, so that an author who meets one has made a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from airflow_provider_k8sexec.options.plain_values import is_own, to_plain_scalar

MOST_VALUES = 50_000
DEEPEST = 100
TOO_DEEP = f"is nested more than {DEEPEST} levels deep"
"""The reason of a problem."""

LONGEST_TEXT = 2**20
"""Kubernetes keeps no larger object, in characters."""

LARGEST_ANNOTATIONS = 256 * 1024
"""Kubernetes keeps no more annotations of an object together, in bytes."""

LONGEST_NAME = 4096
"""A path, in characters."""

MOST_TRIES = 100
"""Amounts of ``per_try``. Each that is wrong is a problem of its own, and the launch reads all of them."""

MOST_DIGITS = 100
"""Python writes out no number of more than 4,300, and PyYAML reads one on base 60 in quadratic time."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST = 10**MOST_DIGITS


def describe_excess(value: Any, most: int = MOST_VALUES) -> str | None:
    """Describe what is too much in a value, as the reason of a problem; ``None`` if nothing is.

    It walks what pod options are made of, and nothing else; an object of another kind is one value.

    Args:
        value: The value.
        most: How many values it may hold.
    """
    waiting: list[tuple[Any, int]] = [(value, 1)]
    count = 1
    while waiting:
        item, depth = waiting.pop()
        if type(item) is str and len(item) < LONGEST_NAME and item.isascii():
            continue  # almost every value: each worker reads the options of its DAG file's tasks
        reason = _find_in_scalar(item)
        if reason is not None:
            return reason
        if isinstance(item, Mapping):
            if any(isinstance(key, str) and str.__len__(key) > LONGEST_NAME for key in item):
                return f"has a name of more than {LONGEST_NAME} characters"
            parts: list[Any] = [*item.keys(), *item.values()]
        else:
            parts = list(_parts_of(item))
        count += len(parts)
        if count > most:
            return f"holds more than {most} values"
        if depth == DEEPEST and parts:
            return f"contains itself, or {TOO_DEEP}"
        waiting += ((part, depth + 1) for part in parts)
    return None


def _parts_of(item: Any) -> Iterable[Any]:
    if isinstance(item, (list, tuple, set, frozenset)):
        return item
    if isinstance(item, (str, int, float, type(None), type)):
        return ()
    attributes = getattr(type(item), "attribute_map", None)  # a model of the kubernetes client
    if attributes is None:
        if not is_own(item):  # Airflow's result of a mapped task holds the DAG, and itself
            return ()
        attributes = [attribute.name for attribute in getattr(type(item), "__attrs_attrs__", ())]
    return [getattr(item, name, None) for name in attributes]


def _find_in_scalar(given: Any) -> str | None:
    item = to_plain_scalar(given)
    if isinstance(item, str):
        return _find_in_text(item)
    if isinstance(item, bytes) and len(item) > LONGEST_TEXT:
        return f"holds more than {LONGEST_TEXT} bytes"
    is_long = isinstance(item, int) and not -_LARGEST < item < _LARGEST
    if isinstance(item, Decimal) and item.is_finite():
        is_long = len(item.as_tuple().digits) > MOST_DIGITS or abs(item.adjusted()) > MOST_DIGITS
    return f"holds a number of more than {MOST_DIGITS} digits" if is_long else None


def _find_in_text(text: str) -> str | None:
    if len(text) > LONGEST_TEXT:
        return f"holds a string of more than {LONGEST_TEXT} characters"
    if not text.isascii() and _SURROGATE.search(text):
        return "holds half of a surrogate pair, which UTF-8 does not have"
    return None
