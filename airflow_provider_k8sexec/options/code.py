"""An expression of an author's file in the place of a value: a parameter, a loop's variable, a constant."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen

UNKNOWN: Any = object()
"""The value of an expression that has another one each time it is evaluated."""


@frozen
class Code:
    """An expression that is kept as it is written.

    Attributes:
        text: The expression: ``memory``, ``IMAGE``, ``f"{REPOSITORY}:{TAG}"``. Equal texts in one scope have
            equal values.
        value: Its value, where it has the same one each time; else ``UNKNOWN``.
    """

    text: str
    value: Any = field(default=UNKNOWN, eq=False)
