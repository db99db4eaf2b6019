"""Which place each field of a merged pod comes from."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.options.paths import Path, show_path
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.pod.executor_config import TASK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest

TEMPLATE = "the pod template"
EXECUTOR = "the executor"
HOOK = "pod_mutation_hook"
CLUSTER = "a hook, or the cluster"

_IDENTITIES = ("name", "mountPath", "devicePath", "containerPort")
_PLAIN = re.compile(r"[\w-]+\Z")
_CONTAINER_NAME = re.compile(r"spec\.(containers|initContainers)\[[^\]]*\]\.name\Z")


@frozen
class Ingredients:
    """What a pod was merged from.

    Attributes:
        layers: The place that set a field of the override, by the field's path, where it was not the task.
        override: The task's ``pod_override``.
        template: The pod template.
        without_override: The template as the executor completes it for a task that asks for nothing.
    """

    layers: Mapping[str, str]
    override: Manifest
    template: Manifest
    without_override: Manifest


def resolve_sources(pod: Manifest, ingredients: Ingredients, otherwise: str = HOOK) -> dict[Path, str]:
    """Tell the source of each field of a merged pod.

    Args:
        pod: The pod.
        ingredients: What it was merged from.
        otherwise: The source of what is in none of the ingredients.
    """
    requested = {path: (value, place) for path, value, place in _asked_fields(ingredients)}
    others = [
        (name, dict(find_fields(manifest)))
        for name, manifest in ((TEMPLATE, ingredients.template), (EXECUTOR, ingredients.without_override))
    ]
    sources = {}
    for path, value in find_fields(pod):
        if path in requested and _are_same(path, requested[path][0], value):
            sources[path] = requested[path][1]
        else:
            places = (name for name, said in others if path in said and _are_same(path, said[path], value))
            sources[path] = next(places, otherwise)
    return sources


def _are_same(path: Path, one: Any, other: Any) -> bool:
    """Compare two values of a field; the cluster writes an amount in a way of its own."""
    if one != other and "resources" in path:
        with suppress(ValueError):
            return Quantity(str(one)) == Quantity(str(other))
    return bool(one == other)


def _asked_fields(ingredients: Ingredients) -> Iterator[tuple[Path, Any, str]]:
    """Give the fields of the override with their places; the name of a container only says which is meant."""
    for path, value in find_fields(ingredients.override):
        if not (path[-1] == "name" and _CONTAINER_NAME.match(show_path(path))):
            yield path, value, _place_of(path, ingredients.layers) if ingredients.layers else TASK


def _place_of(path: Path, layers: Mapping[str, str]) -> str:
    """Name the layer that set a field, or what holds it."""
    texts = (show_path(path[:end]) for end in range(len(path), 0, -1))
    return next((layers[text] for text in texts if text in layers), TASK)


def find_fields(manifest: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Give the fields of a manifest that hold a single value, or nothing, each with its path."""
    children = list(children_of(manifest))
    if path and not children:
        yield path, manifest
    for key, value in children:
        yield from find_fields(value, (*path, key))


def children_of(manifest: Any) -> Iterator[tuple[str, Any]]:
    """Give what a map or list holds, with the key that leads there."""
    if isinstance(manifest, dict):
        yield from ((step_to(key), value) for key, value in manifest.items())
    elif isinstance(manifest, list):
        yield from ((identify(item), item) for item in manifest)


def step_to(key: str) -> str:
    """Give the key by which a path leads to something in a map."""
    return key if _PLAIN.match(key) else f"[{key}]"


def identify(item: Any) -> str:
    """Give the key by which a path leads to something in a list."""
    if isinstance(item, dict):
        for name in _IDENTITIES:
            if name in item:
                return f"[{item[name]}]"
    return f"[{json.dumps(item, sort_keys=True)}]"


def gather_sources(sources: Mapping[Path, str]) -> dict[Path, tuple[str, ...]]:
    """Tell for each field, and for each that holds others, what set anything at or below it."""
    below: dict[Path, dict[str, None]] = {}
    for path, source in sources.items():
        for end in range(len(path) + 1):
            below.setdefault(path[:end], {})[source] = None
    return {path: tuple(found) for path, found in below.items()}
