"""Problems of values: how a value is written in one, and how those of all its parts are found at once."""

from __future__ import annotations

import datetime as dt
import functools
import reprlib
from decimal import Decimal
from numbers import Number
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import NOTHING

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.plain_values import is_own
from airflow_provider_k8sexec.options.shown import show_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

NOT_BOOLEAN = "is neither True nor False"

_PLAIN = (Number, PurePath, dt.timedelta, bytes, type, type(None), type(...))
_NUMBERS = (int, float, Decimal, type(None), type)
_LONGEST_TEXT = 4096


class _ShownRepr(reprlib.Repr):
    """Writes values short, and without what is not shown of strings."""

    def repr_instance(self, x: object, level: int) -> str:
        """Write numbers and this package's own values; of foreign objects, which hold anything, the type."""
        if is_own(x) or isinstance(x, _PLAIN):
            return super().repr_instance(x, level)
        return show_type(x)

    def repr_str(self, x: str, level: int) -> str:
        """Write a string; half a URL would no longer show that a login is in it."""
        return super().repr_str(show_text(x[:_LONGEST_TEXT]), level)


_SHORT = _ShownRepr()
_SHORT.maxstring = _SHORT.maxother = 80


def list_names(names: Sequence[str], most: int = 3) -> str:
    """Write the first of some names, and the number of the others: ``a, b, c and 2 more``."""
    more = len(names) - most
    *before, last = [*names[:most], *([f"{more} more"] if more > 0 else [])]
    return f"{', '.join(before)} and {last}" if before else last


def show(value: object) -> str:
    """Write a value as it stands in Python, shortened to fit one line."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python does not write out integers of thousands of digits
        return show_type(value)


def show_shape(value: object) -> str:
    """Write a number, and of anything else the type alone: what is inside may be a password."""
    return show(value) if isinstance(value, _NUMBERS) else show_type(value)


def show_scalar(value: object) -> str:
    """Write a scalar where a scalar belongs, and of anything else the type alone."""
    return show(value) if isinstance(value, str) else show_shape(value)


def show_type(value: object) -> str:
    """Write the type of a value alone."""
    return "..." if value is ... else f"<{type(value).__name__}>"


def repr_fields(value: Any) -> str:
    """Write an attrs object as attrs does, with its values as errors show them."""
    parts = [f"{field.name}={show(getattr(value, field.name))}" for field in value.__attrs_attrs__]
    return f"{type(value).__name__}({', '.join(parts)})"


def name_arguments(cls: type[T]) -> type[T]:
    """Have a value's class report an argument that it does not have, as the pod options do."""
    construct = cls.__init__
    names = [field.name for field in getattr(cls, "__attrs_attrs__")]  # noqa: B009  # of any attrs class

    @functools.wraps(construct)
    def checked(self: T, *given: Any, **named: Any) -> None:
        problems = []
        for name in named.keys() - {*names}:
            nearest = find_nearest(name, names)
            remedy = f"write {nearest}=..." if nearest else f"write one of {', '.join(names)}"
            reason = f"is not an argument of {cls.__name__}"
            problems.append(Problem(name, show_shape(named[name]), reason, remedy, code="K8S101"))
        if problems:
            raise SpecError(sorted(problems))
        _check_count(cls, given, named)
        construct(self, *given, **named)

    cls.__init__ = checked  # type: ignore[method-assign,assignment]
    return cls


def _check_count(cls: type, given: Sequence[object], named: Iterable[str]) -> None:
    """Refuse too many values, and too few, before Python does in words of its own."""
    attributes = getattr(cls, "__attrs_attrs__")  # noqa: B009  # as above
    positional = [field.name for field in attributes if not field.kw_only]
    if len(given) > len(positional):
        reason, remedy = "is one value too many", f"write {cls.__name__}({', '.join(positional)})"
        raise refusal(cls.__name__, given[len(positional)], reason, remedy)
    known = {*positional[: len(given)], *named}
    missing = [field.name for field in attributes if field.default is NOTHING and field.name not in known]
    if missing:
        reason, write = (
            f"is missing, and {cls.__name__} requires it",
            f"write {cls.__name__}({missing[0]}=...)",
        )
        raise SpecError(Problem(name, "", reason, write, code="K8S102") for name in missing)


def describe_unreadable(error: OSError | ValueError) -> str:
    """Describe why a file cannot be read, as the reason of a problem."""
    return f"cannot be read: {error.strerror}" if isinstance(error, OSError) else str(error)


class PartlyReadError(SpecError):
    """Problems of some parts of a value.

    Attributes:
        readable: The value as far as it could be read, so that the rules find what is wrong with the rest.
    """

    def __init__(self, problems: Iterable[Problem], readable: Any) -> None:
        super().__init__(problems)
        self.readable = readable


class PartReader:
    """Reads the parts of a value one after the other: a part that is wrong hides no mistake of the others.

    Attributes:
        problems: Those of all parts so far.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def read(self, parse: Callable[..., T], field: str, part: object, **arguments: Any) -> T | None:
        """Read one part; give what can be read of it where it has problems, ``None`` where nothing can.

        Args:
            parse: The reader of the part.
            field: What errors call the part.
            part: The part.
            **arguments: What the reader needs besides these two.
        """
        try:
            return parse(field, part, **arguments)
        except SpecError as error:
            self.problems += error.problems
            return getattr(error, "readable", None)

    def require_none(self, readable: Any = None) -> None:
        """Refuse the value if a part has problems.

        Args:
            readable: What could be read of it.

        Raises:
            SpecError: There are problems; the error has those of all parts.
        """
        if self.problems:
            raise PartlyReadError(self.problems, readable)


def refusal(field: str, value: object, reason: str, remedy: str, code: str = "K8S102") -> SpecError:
    """Make an error of one problem, by default of a value that the option does not take."""
    return SpecError([Problem(field, show(value), reason, remedy, code)])
