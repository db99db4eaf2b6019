"""Which name was probably meant by a misspelt one: of an option, a key, a profile, a field."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_NAME = 100
"""The time to compare grows with the square of the length."""


def find_nearest(name: str, names: Iterable[str], cutoff: float = 0.75) -> str | None:
    """Find the name that was probably meant, whatever its case.

    Args:
        name: The misspelt name.
        names: Those that exist.
        cutoff: How much alike the two must be, of 1. At 0.75, ``memmory`` is ``memory``, and ``image_tag``,
            an argument of other operators, is not ``image``.
    """
    from difflib import get_close_matches  # only a mistake needs it

    by_case = {known.lower(): known for known in sorted(names)}
    nearest = get_close_matches(name[:_LONGEST_NAME].lower(), by_case, n=1, cutoff=cutoff)
    return by_case[nearest[0]] if nearest else None
