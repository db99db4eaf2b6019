"""Who set what in a pod: the fields of pods made of ever more layers, and the layer that each comes from."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import Manifest, find_identity
from airflow_provider_k8sexec.options.shown import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_PLAIN = re.compile(r"[\w-]+\Z")
_CONTAINERS = ("containers", "initContainers")


@frozen
class Field:
    """One field of the last of several pods.

    Attributes:
        path: The way to it, things in lists by their names: ``spec.containers[base].env[MY_SECRET]``.
        value: What is shown of its value; ``None`` where an earlier pod has it, and the last one has not.
        place: The layer that set it, or took it away.
        overrode: What it was before: each layer that set it, with its value, the outermost first.
    """

    path: str
    value: Any
    place: str
    overrode: tuple[tuple[str, Any], ...] = ()


def trace_fields(pods: Iterable[tuple[str, Manifest]], show: Callable[[Manifest], Manifest]) -> list[Field]:
    """Tell for each field who set it.

    Args:
        pods: The same pod made of ever more layers, each with the place of its innermost layer. They are
            compared as they are.
        show: Gives what the fields are to hold of such a pod.

    Returns:
        The fields in the order of the last pod, then those that it has not kept.
    """
    history: dict[str, list[tuple[str, Any, Any]]] = {}
    fields: dict[str, Any] = {}
    for place, pod in pods:
        fields, shown = dict(find_fields(pod)), dict(find_fields(show(pod)))
        for path, value in fields.items():
            past = history.setdefault(path, [])
            if not past or past[-1][1] != value:
                past.append((place, value, shown.get(path, HIDDEN)))
        for path, past in history.items():
            if path not in fields and past[-1][1] is not None:
                past.append((place, None, None))
    gone = [path for path in history if path not in fields]
    return [_tell(path, history[path]) for path in [*fields, *gone]]


def _tell(path: str, past: list[tuple[str, Any, Any]]) -> Field:
    *before, (place, _, shown) = past
    overrode = tuple((layer, shown) for layer, value, shown in before if value is not None)
    return Field(path, shown, place, overrode)


def find_fields(pod: Manifest) -> Iterator[tuple[str, Any]]:
    """Give the fields of a pod, each with its path.

    What has one source (a variable, a volume, a mount, a toleration) is one field; a container is many.
    """
    return _walk("", pod)


def _walk(path: str, manifest: Manifest) -> Iterator[tuple[str, Any]]:
    for key, value in manifest.items():
        place = f"{path}{_step(key)}" if path else key
        if isinstance(value, dict):
            yield from _walk(place, value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from _walk_list(place, key, value)
        elif value is not None and value != []:
            yield place, value


@cache
def _step(key: str) -> str:
    return f".{key}" if _PLAIN.match(key) else f"[{key}]"


def _walk_list(path: str, key: str, items: list[Manifest]) -> Iterator[tuple[str, Any]]:
    identity = find_identity(key, items)
    for index, item in enumerate(items):
        if identity is None:
            yield f"{path}[{index}]", item
            continue
        name = item[identity]
        rest = {field: value for field, value in item.items() if field != identity}
        if key in _CONTAINERS:
            yield from _walk(f"{path}[{name}]", rest)
        else:
            yield f"{path}[{name}]", rest["value"] if rest.keys() == {"value"} else rest or name
