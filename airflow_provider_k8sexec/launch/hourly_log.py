"""One line an hour for each kind of trouble that nobody is to be disturbed by."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

HOUR = 3600
_LONGEST = 300
_MOST_KINDS = 100

_last: dict[str, tuple[float, int]] = {}


def warn_hourly(logger: logging.Logger, kind: str, message: str, *arguments: object) -> None:
    """Log a warning, at most once an hour for each kind; the next one has the number of those left out.

    Args:
        logger: The logger.
        kind: What all such warnings have in common. There are few kinds: a name or an id is not part of one.
        message: The message, as loggers take it.
        arguments: Its arguments.
    """
    now = time.monotonic()
    since, omitted = _last.get(kind, (now - HOUR, 0))
    if now - since < HOUR:
        _last[kind] = since, omitted + 1
        return
    if len(_last) >= _MOST_KINDS:
        _last.clear()
    _last[kind] = now, 0
    more = f" (and {omitted} more of this kind since the last such line)" if omitted else ""
    logger.warning(f"{message}%s", *arguments, more)  # noqa: G004  # the message is its caller's own


def name_kind(error: BaseException) -> str:
    """Name the kind of an error: its type, and the HTTP status where there is one."""
    return f"{type(error).__name__} {getattr(error, 'status', None) or ''}".rstrip()


def describe_error(error: BaseException) -> str:
    """Describe an error in one line: of the client's ``ApiException``, what the API server answered."""
    text = str(error)
    try:
        text = json.loads(getattr(error, "body", None) or "")["message"]
    except (ValueError, TypeError, KeyError):
        text = text.strip().partition("\n")[0]
    return f"{name_kind(error)}: {text}"[:_LONGEST]


def forget_all() -> None:
    """Forget what was logged."""
    _last.clear()
