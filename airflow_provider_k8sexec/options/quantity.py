"""Kubernetes quantities as exact numbers, in the API server's own grammar.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from functools import total_ordering
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_GRAMMAR = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?:(?P<suffix>[KMGTPE]i|[numkMGTPE]?)|[eE](?P<exponent>[+-]?[0-9]{1,9}))\Z"
)
_DECIMAL_EXPONENTS = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_POWERS: dict[str, int] = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}

LARGEST = Decimal(2**63 - 1)
"""The API server caps every quantity at this number."""

_LONGEST = 16_384
_MOST_WRITTEN_OUT = 30
_BYTES_IN_MEBIBYTE = 1024**2
_FEW_MEBIBYTES = 64
_LEAST_GIBIBYTES = Decimal("0.001")
_FRACTIONS = {"n", "u", "m"}


@total_ordering
class Quantity:
    """An amount of a resource: the string that the API server gets, and the exact number it stands for.

    Equal when the numbers are: ``Quantity("0.5") == Quantity("500m")``.

    Attributes:
        text: The quantity as it is written into the manifest.
        number: The amount in base units (cores, bytes, devices).
        suffix: The unit as written (``"Mi"``, ``"m"``, ``""``); ``"e"`` for an exponent.
    """

    __slots__ = ("number", "suffix", "text")

    def __init__(self, text: str) -> None:
        """Parse ``text``.

        Raises:
            ValueError: ``text`` is not a quantity.
        """
        match = _GRAMMAR.match(text) if len(text) <= _LONGEST else None
        if match is None:
            raise ValueError(f"{text[:_LONGEST]!r} is not a Kubernetes quantity")
        # Of a subclass, such as a member of an Enum, the string itself: its str() may be another one.
        self.text = str.__str__(text)
        self.suffix = match["suffix"] if match["exponent"] is None else "e"
        self.number = _number(match["number"], self.suffix, match["exponent"])

    def doubled(self) -> Quantity:
        """Double the amount, in the same unit if it has one: ``"500m"`` becomes ``"1000m"``."""
        if self.suffix == "e":
            return Quantity(f"{self.number * 2:f}")
        number = Decimal(self.text.removesuffix(self.suffix)) * 2
        return Quantity(f"{number.normalize():f}{self.suffix}")

    def __repr__(self) -> str:
        """Show the string as in a call."""
        return f"Quantity({self.text!r})"

    def __str__(self) -> str:
        """Return the string."""
        return self.text

    def __eq__(self, other: object) -> bool:
        """Compare the numbers, whatever the units."""
        return isinstance(other, Quantity) and self.number == other.number

    def __lt__(self, other: Quantity) -> bool:
        """Compare the numbers, whatever the units."""
        return self.number < other.number

    def __hash__(self) -> int:
        """Hash the number."""
        return hash(self.number)


def _number(number: str, suffix: str, exponent: str | None) -> Decimal:
    if suffix in _BINARY_POWERS:
        with localcontext() as context:
            # All digits of the number, and the 19 of 1024 ** 6: the default precision of 28 would round.
            context.prec = len(number) + 20
            return Decimal(number) * Decimal(1024 ** _BINARY_POWERS[suffix])
    return Decimal(f"{number}e{_DECIMAL_EXPONENTS[suffix] if exponent is None else exponent}")


def add_up(amounts: Sequence[Quantity]) -> Quantity | None:
    """Add amounts up, in the unit of the largest; a single one stays as it is written."""
    if len(amounts) <= 1:
        return amounts[0] if amounts else None
    total = sum((amount.number for amount in amounts), Decimal())
    largest = max(amounts)
    if largest.suffix and largest.suffix != "e" and largest.number:
        unit = largest.number / Decimal(largest.text.removesuffix(largest.suffix))
        in_unit = Quantity(f"{(total / unit).normalize():f}{largest.suffix}")
        if in_unit.number == total:
            return in_unit
    # Written out, 1e999999999 would be a string of a gigabyte.
    return Quantity(f"{total:f}" if abs(total.adjusted()) < _MOST_WRITTEN_OUT else str(total))


def format_bytes(number: Decimal) -> str:
    """Write whole bytes in the largest binary unit that divides them: ``1Gi``, ``1536Mi``."""
    whole = int(number)
    for suffix, power in reversed(_BINARY_POWERS.items()):
        unit = 1024**power
        if whole >= unit and whole % unit == 0:
            return f"{whole // unit}{suffix}"
    return str(whole)


def guess_bytes(number: Decimal) -> str | None:
    """Write the size that was probably meant by a number without its unit: ``2Gi``, ``512Mi``."""
    if not number.is_finite() or not _LEAST_GIBIBYTES <= number <= LARGEST:
        return None
    if number >= _BYTES_IN_MEBIBYTE:
        return format_bytes(number)
    return f"{number:f}{'Gi' if number < _FEW_MEBIBYTES else 'Mi'}"


def describe_few_bytes(amount: Quantity) -> tuple[str, str] | None:
    """Describe an amount of bytes that is too small for any task, and so was meant in another unit.

    Returns:
        The reason of a problem, and its remedy; ``None`` where there is enough, or where it is 0.
    """
    if amount.number == 0 or (amount.number >= _BYTES_IN_MEBIBYTE and amount.suffix not in _FRACTIONS):
        return None
    written = amount.number if amount.suffix == "e" else Decimal(amount.text.removesuffix(amount.suffix))
    guess = guess_bytes(written)
    remedy = f"write '{guess}'" if guess else "write for example '512Mi'"
    if amount.suffix in _FRACTIONS:
        return f"has {amount.suffix!r}, a fraction of a byte", remedy
    count = f"{amount.number:f} bytes" if amount.number >= 1 else "less than a byte"
    return f"is {count}, too few for any task", remedy
