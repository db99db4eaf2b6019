"""Values as the plain strings and numbers that they hold, whatever classes an author gave them.

A member of an ``Enum`` is a string with methods of its own. Its ``__str__`` may give another text than the
pod gets, and a method that raises would end the DAG file with an error that names no option.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

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
    if is_own(value):
        return convert_attributes(value, to_plain)
    return to_plain_scalar(value)


def is_own(value: object) -> bool:
    """Report whether a value is of a class of this package."""
    return type(value).__module__.partition(".")[0] == _PACKAGE


def convert_attributes(value: Any, convert: Callable[[Any], Any]) -> Any:
    """Convert what a value of this package, such as ``Secret``, holds; it stays as it is if that does.

    Args:
        value: The value, which is not changed itself.
        convert: Converts one of its attributes.
    """
    names = [attribute.name for attribute in getattr(value, "__attrs_attrs__", ())]
    converted = {name: convert(getattr(value, name)) for name in names}
    if all(converted[name] is getattr(value, name) for name in names):
        return value
    from attrs import evolve  # a worker needs nothing else of attrs here

    return evolve(value, **converted)
