"""What is masked of a secret's value: itself, and the parts of it that a task is likely to print.

Airflow's secrets masker replaces exact text. A task prints a key line by line, strips a file's last newline,
or prints one string of a JSON document: each of those is a text of its own to the masker.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_CHARACTERS = 20_000
"""In all masks together. *Measured*: at 32,000, Airflow 2's engine (re2) falls back to a slow search, and
prints an error at each; between 300,000 and 1,000,000 it fails, and prints the mask itself."""

MOST_PARTS = 128
"""The masker compiles all masks anew for each. *Measured* on Airflow 3.3: 51 lines of a key take 60 ms, 100
lines 0.4 s, 400 lines 9 s, once in the task's process and once in its supervisor's."""

_NO_SECRETS = frozenset(
    {"true", "false", "none", "null", "airflow", "debug", "info", "warning", "error", "critical"}
)
"""Words that are no secrets, and that logs cannot do without: Airflow masks the level of a line, too."""

_ARMOUR = re.compile(r"-----(?:BEGIN|END) [^-]*-----\Z")
_PLAIN = re.compile(r"[ !#-&(-\[\]-~]*\Z")
"""What Python and JSON write as it is: printable ASCII without quotes and backslashes."""
_UNPRINTABLE = re.compile("[\ud800-\udfff]+")
"""What stands for bytes that are no UTF-8: it cannot be sent to the supervisor."""


@frozen
class Masks:
    """What the masker is given.

    Attributes:
        texts: The texts that it is to replace, the shortest first: that order takes it the least time.
        cut: The names of the values of which something does not fit.
    """

    texts: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


def find_masks(values: Mapping[str, str], shortest: int) -> Masks:
    """Find what to mask of values: first those of a single line, then parts, then texts of many lines.

    Of each, short values come before long ones, so that no large file leaves a password without its mask.

    Args:
        values: The values by the name of their variable or file.
        shortest: The length of the shortest text that is masked.
    """
    cleaned = ((_UNPRINTABLE.sub("\n", value).strip(), name) for name, value in values.items())
    ordered = sorted(cleaned, key=_size)
    chosen: dict[str, None] = {}
    cut: dict[str, None] = {}
    room, parts_left = MOST_CHARACTERS, MOST_PARTS
    for find in (_find_line, _find_parts, _find_texts):
        for value, name in ordered:
            for text in find(value):
                if text in chosen or not _is_maskable(text, shortest):
                    continue
                if len(text) > room or (find is _find_parts and not parts_left):
                    # Of a text of many lines that does not fit, the lines may.
                    cut.update({} if find is _find_texts else {name: None})
                    break
                chosen[text] = None
                room -= len(text)
                parts_left -= find is _find_parts
    return Masks(tuple(sorted(chosen, key=len)), tuple(cut))


def _size(item: tuple[str, str]) -> tuple[int, str]:
    return len(item[0]), item[1]


def _is_maskable(text: str, shortest: int) -> bool:
    is_long = len(text) >= max(shortest, 1)
    return is_long and text.lower() not in _NO_SECRETS and not _ARMOUR.match(text)


def _find_line(value: str) -> Iterator[str]:
    if "\n" not in value:
        yield value


def _find_parts(value: str) -> Iterator[str]:
    """Find lines, the strings in JSON and the passwords in URLs, also as Python and JSON write them."""
    for text in (value, *_find_strings(value)):
        for line in text.splitlines():
            yield from _find_forms(line.strip())
            yield from _find_password(line)


def _find_texts(value: str) -> Iterator[str]:
    """Find the value as a whole: its lines are masked, but for those that are too short."""
    yield from _find_forms(value)


def _find_forms(text: str) -> Iterator[str]:
    yield text
    if not _PLAIN.match(text):
        yield repr(text)[1:-1]
        yield json.dumps(text)[1:-1]


def _find_strings(value: str) -> Iterator[str]:
    if not value.startswith(("{", "[", '"')):
        return
    try:
        waiting: list[Any] = [json.loads(value)]
    except (ValueError, RecursionError):
        return
    while waiting:
        found = waiting.pop()
        if isinstance(found, str):
            yield _UNPRINTABLE.sub("\n", found)
        elif isinstance(found, dict):
            waiting.extend(found.values())
        elif isinstance(found, list):
            waiting.extend(found)


def _find_password(url: str) -> Iterator[str]:
    """Find the password in a URL, as the standard reads it and as SQLAlchemy does: up to the last "@"."""
    if "://" not in url:
        return
    login, at, _ = url.partition("://")[2].rpartition("@")
    with suppress(ValueError):
        yield from _find_written(urlsplit(url).password)
    if at:
        yield from _find_written(login.partition(":")[2])


def _find_written(password: str | None) -> Iterator[str]:
    for text in (password, unquote(password)) if password else ():
        yield from _find_forms(text)
