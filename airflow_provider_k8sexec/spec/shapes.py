"""Readers for the plain shapes that options have: texts, numbers, mappings, lists, manifests."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from airflow_provider_k8sexec.exceptions import Problem, SpecError, show
from airflow_provider_k8sexec.spec.manifests import Manifest, to_manifest

T = TypeVar("T")


def parse_text(field: str, value: object) -> str:
    """Read a text; a path counts as one.

    Raises:
        SpecError: The value is something else.
    """
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(text, str):
        return text
    raise SpecError.of(field, value, "is not a text", f"write {field}={str(value)!r}")


def parse_boolean(field: str, value: object) -> bool:
    """Read ``True`` or ``False``.

    Raises:
        SpecError: The value is something else.
    """
    if isinstance(value, bool):
        return value
    meant = str(value).strip().lower() in {"true", "yes", "1", "on"}
    raise SpecError.of(field, value, "is neither True nor False", f"write {field}={meant}")


def parse_integer(field: str, value: object) -> int:
    """Read a whole number.

    Raises:
        SpecError: The value is something else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise SpecError.of(field, value, "is not a whole number", f"write for example {field}=30")


def parse_mapping(field: str, value: object) -> dict[str, str]:
    """Read a mapping of texts.

    Raises:
        SpecError: The value is no mapping, or holds something else than texts.
    """
    if not isinstance(value, Mapping):
        raise SpecError.of(field, value, "is not a mapping", f"write {field}={{'key': 'value'}}")
    problems = [
        Problem(f"{field}[{key!r}]", show(item), "is not a text", f"write {str(key)!r}: {as_text(item)!r}")
        for key, item in value.items()
        if not isinstance(key, str) or not isinstance(item, str)
    ]
    if problems:
        raise SpecError(problems)
    return dict(value)


def parse_list(
    field: str, value: object, kind: str, example: str, parse_item: Callable[[str, Any], T]
) -> list[T]:
    """Read a list, item by item, and find the problems of every item.

    Args:
        field: The option.
        value: What was given.
        kind: What the items are, in the plural.
        example: One item, as it is written in Python.
        parse_item: The reader of one item.

    Raises:
        SpecError: The value is no list, or an item cannot be read.
    """
    if not isinstance(value, (list, tuple)):
        item = show(value) if isinstance(value, str) else example
        raise SpecError.of(field, value, f"is not a list of {kind}", f"write {field}=[{item}]")
    items = []
    problems: list[Problem] = []
    for index, item in enumerate(value):
        try:
            items.append(parse_item(f"{field}[{index}]", item))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    return items


def parse_names(field: str, value: object) -> list[str]:
    """Read a list of names, or of Kubernetes references that hold one.

    Raises:
        SpecError: The value is no list, or an item is neither.
    """
    return parse_list(field, value, "names", "'name'", _parse_name)


def _parse_name(field: str, item: object) -> str:
    manifest = to_manifest(item)
    name = manifest.get("name") if isinstance(manifest, dict) else manifest
    if isinstance(name, str):
        return name
    raise SpecError.of(field, item, "is not a name", f"write {as_text(item)!r}")


def parse_manifest(field: str, value: object) -> Manifest:
    """Read a Kubernetes model, or its manifest.

    Raises:
        SpecError: The value is neither.
    """
    manifest = to_manifest(value)
    if isinstance(manifest, dict):
        return manifest
    raise SpecError.of(
        field, value, "is neither a manifest nor a Kubernetes object", "write a dict, as in YAML"
    )


def parse_containers(field: str, value: object) -> dict[str, Manifest]:
    """Read a list of containers, as models or manifests, by their names.

    Raises:
        SpecError: The value is no list, an item is no container, or two have one name.
    """
    example = "{'name': 'fetch', 'image': 'busybox'}"
    containers = parse_list(field, value, "containers", example, _parse_container)
    return by_name(field, containers)


def _parse_container(field: str, item: object) -> Manifest:
    manifest = parse_manifest(field, item)
    if isinstance(manifest.get("name"), str):
        return manifest
    raise SpecError.of(field, type(item), "has no name", "write {'name': 'fetch', 'image': 'busybox'}")


def by_name(field: str, items: list[Manifest]) -> dict[str, Manifest]:
    """Find named things by their names.

    Raises:
        SpecError: Two have one name.
    """
    named = {item["name"]: item for item in items}
    if len(named) < len(items):
        names = [item["name"] for item in items]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise SpecError.of(
            field, names, f"has {', '.join(map(repr, twice))} twice", "give each a name of its own"
        )
    return named


def as_text(value: object) -> str:
    """Write a value as Kubernetes would, where it wants a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)
