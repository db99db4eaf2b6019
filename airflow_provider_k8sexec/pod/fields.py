"""Reads and writes a pod that is not everywhere made of the kubernetes client's models.

Hooks of charts and sites replace models by dictionaries, with Kubernetes's names of fields or Python's, and
leave ``None`` where there was a value. Nothing here raises on such a pod.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, MutableMapping
from functools import lru_cache
from typing import Any

from airflow_provider_k8sexec.options.manifests import CONTAINERS


def read_field(holder: Any, field: str) -> Any:
    """Read a field of a model or a dictionary.

    Args:
        holder: A part of a pod.
        field: Kubernetes's name of the field, such as ``volumeMounts``.

    Returns:
        Its value; ``None`` where there is none.
    """
    if isinstance(holder, Mapping):
        return holder.get(field, holder.get(_attribute(holder, field)))
    return getattr(holder, _attribute(holder, field), None)


def read_items(holder: Any, field: str) -> list[Any]:
    """Read a field that holds a list; anything else there counts as an empty one."""
    items = read_field(holder, field)
    return items if isinstance(items, list) else []


def read_containers(spec: Any) -> list[Any]:
    """Read the containers of a pod's spec, those that start before the worker last."""
    return [container for kind in CONTAINERS for container in read_items(spec, kind)]


def read_strings(holder: Any, field: str) -> dict[str, str]:
    """Read a field that holds strings by name; anything else there is left out."""
    texts = read_field(holder, field)
    if not isinstance(texts, Mapping):
        return {}
    return {name: text for name, text in texts.items() if isinstance(name, str) and isinstance(text, str)}


def write_field(holder: Any, field: str, value: Any) -> None:
    """Write a field of a model or a dictionary; does nothing to anything else."""
    attribute = _attribute(holder, field)
    if isinstance(holder, MutableMapping):
        holder[attribute if attribute in holder else field] = value
    elif hasattr(holder, attribute):
        # Some objects are read-only, and models refuse some values.
        with contextlib.suppress(AttributeError, TypeError, ValueError):
            setattr(holder, attribute, value)


def _attribute(holder: Any, field: str) -> str:
    """Convert the name of a field to Python's: ``volumeMounts`` to ``volume_mounts``."""
    kind: Any = type(holder)
    return _attribute_of(kind, field)


@lru_cache(maxsize=4096)
def _attribute_of(kind: Any, field: str) -> str:
    known = getattr(kind, "attribute_map", {})
    in_snake_case = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", field).lower()
    return next((attribute for attribute, name in known.items() if name == field), in_snake_case)
