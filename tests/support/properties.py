"""How many examples a property is tried on.

The examples are the same on every Python and line of Airflow (``tests/conftest.py`` derandomises them), so
CI tries all of them once, where no coverage is measured, and a part of them on the others.
"""

from __future__ import annotations

import os

from hypothesis import settings

PART = int(os.environ.get("ONE_EXAMPLE_IN", "1"))


def examples(count: int) -> settings:
    """Return the settings of a property tried on ``count`` examples, or on the part that is requested."""
    return settings(max_examples=max(5, count // PART))
