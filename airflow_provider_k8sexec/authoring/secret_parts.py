"""The strings to mask for a secret's value: the value itself, and the parts that a task is likely to print.

Airflow's secrets masker replaces exact strings. A task may print a key line by line, a file without its last
newline, or one string of a JSON document: to the masker each of these is a string of its own.
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
"""The most characters of all masks together. *Measured*: at 32,000, Airflow 2's engine (re2) falls back to a
slow search, and prints an error at each; between 300,000 and 1,000,000 it fails, and prints the mask
itself."""

MOST_PARTS = 128
"""The most parts that are masked. The masker compiles all masks again for each new one. *Measured* on Airflow
3.3: 51 lines of a key take 60 ms, 100 lines 0.4 s, 400 lines 9 s, in the task's process and in its
supervisor."""

_NO_SECRETS = frozenset(
    {"true", "false", "none", "null", "airflow", "debug", "info", "warning", "error", "critical"}
)
"""Values that are not secret, and without which logs cannot be read: Airflow masks a line's level, too."""

_ARMOUR = re.compile(r"-----(?:BEGIN|END) [^-]*-----\Z")
_PLAIN = re.compile(r"[ !#-&(-\[\]-~]*\Z")
"""What Python and JSON write unchanged: printable ASCII without quotes and backslashes."""
_UNPRINTABLE = re.compile("[\ud800-\udfff]+")
"""Python's replacement of bytes that are not UTF-8. It cannot be sent to the supervisor, which masks, too."""


@frozen
class Masks:
    """The strings that the masker replaces.

    Attributes:
        texts: The strings, the shortest first: in that order the masker takes the least time.
        cut: The names of the values of which a part exceeds the bounds.
    """

    texts: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


def find_masks(values: Mapping[str, str], shortest: int) -> Masks:
    """Find the strings to mask for values: first values of one line, then parts, then values of many lines.

    Among each, short values come before long ones, so that no large file leaves a password unmasked.

    Args:
        values: The values by the name of their variable or file.
        shortest: The length of the shortest string that is masked.
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
                    # A value of many lines that does not fit is no loss where its lines do.
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
    """Find lines, the strings in JSON and the passwords in URLs, also as Python and JSON escape them."""
    for text in (value, *_find_strings(value)):
        for line in text.splitlines():
            yield from _find_forms(line.strip())
            yield from _find_password(line)


def _find_texts(value: str) -> Iterator[str]:
    """Find the whole value: as parts, its lines are masked, except for those that are too short."""
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
    """Find the password in a URL, by the standard and as SQLAlchemy does, up to the last "@"."""
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
