"""Warnings that a scheduler logs once an hour for each kind, however often they occur."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.shown import show_answer

if TYPE_CHECKING:
    import logging

HOUR = 3600
_LONGEST = 300
_MOST_KINDS = 100
"""A kind is meant to be one of few; should callers break that, memory stays bounded all the same."""

_last: dict[str, tuple[float, int]] = {}


def warn_hourly(logger: logging.Logger, kind: str, message: str, *arguments: object) -> None:
    """Log a warning, at most once an hour for each kind; the next one counts those that were left out.

    Args:
        logger: The logger.
        kind: The kind of such warnings. There are few kinds: the name or id of an object is not part of one.
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
    """Describe an error in one line; for the client's ``ApiException``, by the API server's own message.

    A database's error may have the URL that it is connected to, login included, and the server's answer what
    it objects to: neither is written into a log.
    """
    text = str(error)
    try:
        text = json.loads(getattr(error, "body", None) or "")["message"]
    except (ValueError, TypeError, KeyError):
        text = text.strip().partition("\n")[0]
    shown = show_answer(str(text))
    return f"{name_kind(error)}: {shown}"[:_LONGEST]
