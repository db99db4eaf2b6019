"""Reads what a server sent, whatever its shape: a diagnosis never raises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]

TIME = "%Y-%m-%dT%H:%M:%SZ"
"""How Kubernetes writes timestamps."""


def find(value: object, *path: str) -> Any:
    """Find the value at a path of keys; ``None`` where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def find_text(value: object, *path: str) -> str:
    """Find the string at a path; an empty one where there is none."""
    found = find(value, *path)
    return found if isinstance(found, str) else ""


def find_number(value: object, *path: str) -> int:
    """Find the integer at a path; 0 where there is none."""
    found = find(value, *path)
    return found if isinstance(found, int) else 0


def find_time(value: object, *path: str) -> dt.datetime | None:
    """Find the timestamp at a path, in UTC; ``None`` where there is none."""
    try:
        return dt.datetime.strptime(find_text(value, *path), TIME)  # noqa: DTZ007  # compared with its like
    except ValueError:
        return None


def find_objects(value: object, *path: str) -> list[Object]:
    """Find the objects in the list at a path."""
    found = find(value, *path)
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, (list, tuple)) else []


def find_named(value: object, path: str, name: str) -> Object:
    """Find the object of a name in the list ``path`` of a pod's ``spec``; empty where there is none."""
    return next((item for item in find_objects(value, "spec", path) if item.get("name") == name), {})
