"""Values as the plain strings and numbers that they hold, whatever classes an author gave them.

A member of an ``Enum`` is a string with methods of its own. Its ``__str__`` may give another text than the
pod gets, and a method that raises would end the DAG file with an error that names no option.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_PLAIN = frozenset({str, int, float, bool, type(None)})
_PACKAGE = __name__.partition(".")[0]


def to_plain_scalar(value: Any) -> Any:
    """Give the string or number that a value is; anything else as it is."""
    if type(value) in _PLAIN:
        return value
    # The methods of the base classes, because a subclass may have its own.
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    return Decimal(value) if isinstance(value, Decimal) else value


def to_plain(value: Any) -> Any:
    """Give a value of a pod option with the plain strings and numbers that it holds, as deep as it goes.

    Kubernetes's models stay as they are: ``to_manifest`` reads them.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    for kind in (list, tuple, set, frozenset):
        if isinstance(value, kind):
            return kind(map(to_plain, value))
    if type(value).__module__.partition(".")[0] == _PACKAGE:
        return _to_plain_attributes(value)
    return to_plain_scalar(value)


def _to_plain_attributes(value: Any) -> Any:
    names = [attribute.name for attribute in getattr(value, "__attrs_attrs__", ())]
    plain = {name: to_plain(getattr(value, name)) for name in names}
    if all(plain[name] is getattr(value, name) for name in names):
        return value
    from attrs import evolve  # a worker needs nothing else of attrs here

    return evolve(value, **plain)
