"""Pod options as the Python text that an author would write: one line for each, as black has it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from attrs import NOTHING, Attribute

from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.scheduling import Toleration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

_PACKAGE = __name__.partition(".")[0]


def write_arguments(options: Iterable[WrittenOption]) -> list[tuple[str, str]]:
    """Write options as keyword arguments: ``[("memory", '"1Gi"')]``."""
    return [(option.name, write_value(option.value)) for option in options]


def find_imports(options: Iterable[WrittenOption]) -> set[str]:
    """Find the public names of this package that the texts of options need: ``{"EmptyDir"}``."""
    return {name for option in options for name in _names_in(option.value)}


def write_value(value: Any) -> str:
    """Write a value of an option.

    Raises:
        TypeError: No expression without an import of another package gives it.
    """
    match value:
        case Code():
            text = value.text
        case str():
            text = _write_string(value)
        case dict():
            items = (f"{write_value(key)}: {write_value(item)}" for key, item in value.items())
            text = f"{{{', '.join(items)}}}"
        case list():
            text = f"[{', '.join(map(write_value, value))}]"
        case tuple():
            text = f"({', '.join(map(write_value, value))}{',' * (len(value) == 1)})"
        case float() if not math.isfinite(value):
            text = f'float("{value}")'
        case None | bool() | int() | float():
            text = repr(value)
        case _ if _is_public(value):
            text = _write_call(value)
        case _:
            message = f"no pod option is written as a {type(value).__name__}"
            raise TypeError(message)
    return text


def _write_string(text: str) -> str:
    """Write a string in double quotes, unless single ones need fewer backslashes."""
    if text.count('"') > text.count("'"):
        body = repr(f'{text}"')[1:-2] if "'" not in text else _escape(text, "'")
        return f"'{body}'"
    body = repr(f"{text}'")[1:-2] if '"' not in text else _escape(text, '"')
    return f'"{body}"'


def _escape(text: str, quote: str) -> str:
    """Escape what Python's own ``repr`` escapes, and one kind of quotes."""
    return "".join(f"\\{quote}" if letter == quote else _escape_letter(letter) for letter in text)


def _escape_letter(letter: str) -> str:
    return letter if letter in "'\"" else repr(letter)[1:-1]


def _is_public(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == _PACKAGE and hasattr(value, "__attrs_attrs__")


def _write_call(value: Any) -> str:
    """Write a value such as ``Secret("KEY", env="TOKEN")``, without what is so by default."""
    arguments = []
    for position, attribute in enumerate(value.__attrs_attrs__):
        given = getattr(value, attribute.name)
        if _is_default(attribute, given):
            continue
        is_positional = position == 0 and (attribute.default is NOTHING or isinstance(value, Toleration))
        text = write_value(given)
        arguments.append(text if is_positional else f"{attribute.name}={text}")
    return f"{type(value).__name__}({', '.join(arguments)})"


def _is_default(attribute: Attribute[Any], given: Any) -> bool:
    return type(given) is type(attribute.default) and bool(given == attribute.default)


def _names_in(value: Any) -> Iterator[str]:
    if isinstance(value, Code):
        return
    parts: Iterable[Any] = ()
    if isinstance(value, dict):
        parts = [*value, *value.values()]
    elif isinstance(value, (list, tuple)):
        parts = value
    elif _is_public(value):
        yield type(value).__name__
        parts = [getattr(value, attribute.name) for attribute in value.__attrs_attrs__]
    for part in parts:
        yield from _names_in(part)
