"""Where a secret's value has got to."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def find_value(value: str, places: Mapping[str, bytes]) -> list[str]:
    """Tell in which places a value is found, in clear or in a form that anybody can read.

    Args:
        value: The value.
        places: The content of each place.
    """
    forms = list(_forms(value))
    return [place for place, content in places.items() if any(form in content for form in forms)]


def _forms(value: str) -> Iterator[bytes]:
    text = value.encode()
    yield text
    yield json.dumps(value)[1:-1].encode()
    yield text.hex().encode()
    # Base64 of a longer text has the value at one of three offsets; its first and last characters depend on
    # the neighbours.
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + text)
        yield encoded[4 if offset else 0 : -4]
