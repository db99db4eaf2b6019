"""What this process knows of its site: one object, read once a process, and passed on.

Every Airflow process imports this package (its switches are asked as processes start), so this module imports
nothing that costs time.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.context import switches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.context.site_context import SiteContext

_current: SiteContext | None = None


def load_context() -> SiteContext:
    """Load the context of this process; read once.

    Raises:
        DeploymentError: An option of ``[k8sexec]`` has a value that it cannot have.
    """
    global _current  # noqa: PLW0603  # one a process is the point
    if _current is None:
        from airflow_provider_k8sexec.context.site_context import SiteContext

        _current = SiteContext.load()
    return _current


@contextmanager
def use_context(context: SiteContext) -> Iterator[None]:
    """Have a context of one's own in place of the process's, as a command or a test does."""
    global _current  # noqa: PLW0603  # as above
    before, _current = _current, context
    try:
        yield
    finally:
        _current = before


def forget_context() -> None:
    """Read everything anew when it is asked for next, switches included: the configuration has changed."""
    global _current  # noqa: PLW0603  # as above
    _current = None
    switches.is_on.cache_clear()
