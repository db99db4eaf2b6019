"""What this process knows of its site: one object, made once a process, and passed on.

Every Airflow process imports this package (its switches are read as processes start), so it imports
nothing that costs time.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.context.site_context import SiteContext

if TYPE_CHECKING:
    from collections.abc import Iterator

_current = SiteContext()


def load_context() -> SiteContext:
    """Give the context of this process; it reads each setting on first access."""
    return _current


@contextmanager
def use_context(context: SiteContext) -> Iterator[SiteContext]:
    """Replace the context of this process for a block, as a command or a test does."""
    global _current  # noqa: PLW0603  # one a process is the point
    before, _current = _current, context
    try:
        yield context
    finally:
        _current = before


def forget_context() -> None:
    """Read everything anew when it is accessed next: the configuration of this process has changed."""
    global _current  # noqa: PLW0603  # as above
    _current = SiteContext()
