"""Readers for the plain shapes that options have: strings, numbers, mappings, lists, manifests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeVar, cast

from attrs import NOTHING, evolve, fields_dict

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.executor_names import ANNOTATION_PREFIX
from airflow_provider_k8sexec.options.bounds import MOST_DIGITS
from airflow_provider_k8sexec.options.manifests import Manifest, is_built, to_manifest
from airflow_provider_k8sexec.options.problems import (
    NOT_BOOLEAN,
    PartlyReadError,
    PartReader,
    refusal,
    show,
    show_shape,
)

T = TypeVar("T")

UNREAD = "unread"
"""Stands for a string that could not be read, so that the rules can check what is beside it."""


def parse_text(field: str, value: object) -> str:
    """Read a string; a path counts as one.

    Raises:
        SpecError: The value is something else.
    """
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if isinstance(text, str):
        return text
    raise refusal(field, value, "is not a string", f"write {name_of(field)}={_quote(value)}")


def parse_boolean(field: str, value: object) -> bool:
    """Read ``True`` or ``False``.

    Raises:
        SpecError: The value is something else.
    """
    if isinstance(value, bool):
        return value
    meant = isinstance(value, (str, int, float)) and str(value).strip().lower() in {"true", "yes", "1", "on"}
    raise refusal(field, value, NOT_BOOLEAN, f"write {name_of(field)}={meant}")


def parse_integer(field: str, value: object) -> int:
    """Read an integer.

    Raises:
        SpecError: The value is something else.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    meant = f"{field}={value:.0f}" if isinstance(value, float) and value.is_integer() else None
    if isinstance(value, str) and value.isdecimal() and len(value) <= MOST_DIGITS:
        meant = f"{field}={int(value)}"
    raise refusal(field, value, "is not an integer", f"write {meant or f'for example {field}=30'}")


def parse_mapping(field: str, value: object) -> dict[str, str]:
    """Read a mapping of strings.

    Raises:
        SpecError: The value is not a mapping, or holds something else than strings.
    """
    if not isinstance(value, Mapping):
        remedy = f"write {name_of(field)}={{'key': 'value'}}"
        raise SpecError([Problem(field, show_shape(value), "is not a mapping", remedy, code="K8S102")])
    problems = check_strings(field, value)
    if problems:
        raise PartlyReadError(problems, complete_strings(value))
    return dict(value)


def check_strings(field: str, mapping: Mapping[Any, object], *others: type) -> list[Problem]:
    """The keys of a mapping are strings, and its values strings or ``others``."""
    problems = []
    for key, item in mapping.items():
        path = f"{field}[{show(key)}]"
        if not isinstance(key, str):
            remedy = f"write {_quote(key)} as the key"
            problems.append(
                Problem(path, show_shape(item), "has a key that is not a string", remedy, code="K8S102")
            )
        elif not isinstance(item, (str, *others)):
            remedy = "remove it" if item is None else f"write {show(key)}: {_quote(item)}"
            problems.append(Problem(path, show_shape(item), "is not a string", remedy, code="K8S102"))
    return problems


def complete_strings(mapping: Mapping[Any, object], *others: type) -> dict[str, Any]:
    """Give a mapping with the string that is to be written for each value that is none.

    The rules then check its key, and whether that string can be there.
    """
    return {
        key: item if isinstance(item, (str, *others)) else _to_text(item) or UNREAD
        for key, item in mapping.items()
        if isinstance(key, str) and item is not None
    }


def parse_attributes(field: str, value: Any, **parsers: Callable[[str, object], object]) -> Any:
    """Read the attributes of one of this package's own values, such as ``EmptyDir``.

    Args:
        field: Where the value stands.
        value: The value; an attribute that is ``None`` by default may be ``None``.
        parsers: The reader of each attribute.

    Raises:
        SpecError: An attribute cannot be read; the error has the problems of all.
    """
    parts = PartReader()
    read: dict[str, Any] = {}
    for name, parse in parsers.items():
        given, default = getattr(value, name), fields_dict(type(value))[name].default
        if given is None and default is None:
            continue
        part = parts.read(parse, f"{field}.{name}", given)
        read[name] = default if part is None else part
    readable = None if NOTHING in read.values() else evolve(value, **read)
    parts.require_none(readable)
    return readable


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
        SpecError: The value is not a list, or an item cannot be read: what is readable has ``None`` in its
            place, so that the others keep theirs.
    """
    if not isinstance(value, (list, tuple)):
        is_item = isinstance(value, str) and example.startswith("'")
        shown, item = (show(value), show(value)) if is_item else (show_shape(value), example)
        raise SpecError(
            [Problem(field, shown, f"is not a list of {kind}", f"write {field}=[{item}]", code="K8S102")]
        )
    parts = PartReader()
    items = [parts.read(parse_item, f"{field}[{index}]", item) for index, item in enumerate(value)]
    parts.require_none(items)
    return cast("list[T]", items)


def parse_names(field: str, value: object) -> list[str]:
    """Read a list of names, or of Kubernetes references that hold one.

    Raises:
        SpecError: The value is not a list, or an item is neither.
    """
    return parse_list(field, value, "names", "'name'", _parse_name)


def _parse_name(field: str, item: object) -> str:
    manifest = to_manifest(item)
    name = manifest.get("name") if isinstance(manifest, dict) else manifest
    if isinstance(name, str):
        return name
    raise refusal(field, item, "is not a name", f"write {_quote(item)}")


def parse_manifest(field: str, value: object) -> Manifest:
    """Read a Kubernetes model, or its manifest.

    Raises:
        SpecError: The value is neither.
    """
    manifest = to_manifest(value)
    if isinstance(manifest, dict):
        return manifest
    reason = "is neither a manifest nor a Kubernetes object"
    raise SpecError([Problem(field, show_shape(value), reason, "write a dict, as in YAML", code="K8S102")])


def parse_override(field: str, value: object) -> Manifest:
    """Read a pod that is laid under the options.

    Raises:
        SpecError: The value is not a pod, or was written by hand and has this package's own annotations.
    """
    manifest = parse_manifest(field, value)
    metadata = manifest.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not is_built(value) and isinstance(annotations, Mapping):
        problems = list(check_own_annotations(f"{field}['metadata']['annotations']", annotations))
        if problems:
            others = {key: item for key, item in annotations.items() if not _is_own_annotation(key)}
            readable = {**manifest, "metadata": {**manifest["metadata"], "annotations": others}}
            raise PartlyReadError(problems, readable)
    return manifest


def check_own_annotations(field: str, annotations: Iterable[object]) -> Iterator[Problem]:
    """No annotation is this package's own: those are instructions to its pod mutation hook."""
    for key in annotations:
        if _is_own_annotation(key):
            reason = "is set by this package alone, for its pod mutation hook"
            yield Problem(
                field, show(key), reason, "write the pod option instead: memory=per_try(...)", code="K8S105"
            )


def _is_own_annotation(key: object) -> bool:
    return isinstance(key, str) and key.startswith(ANNOTATION_PREFIX)


def parse_containers(field: str, value: object) -> dict[str, Manifest]:
    """Read a list of containers, as models or manifests, by their names.

    Raises:
        SpecError: The value is not a list, an item is not a container, or two have one name.
    """
    example = "{'name': 'fetch', 'image': 'busybox'}"
    parts = PartReader()
    items = parts.read(
        parse_list, field, value, kind="containers", example=example, parse_item=_parse_container
    )
    # One that could not be read keeps its position, with a name and an image that no rule refuses.
    containers = [
        {"name": f"container-{index}", **(item or {"image": UNREAD})}
        for index, item in enumerate(items or ())
    ]
    named = parts.read(by_name, field, containers)
    parts.require_none(named)
    return named or {}


def _parse_container(field: str, item: object) -> Manifest:
    manifest = parse_manifest(field, item)
    if isinstance(manifest.get("name"), str):
        return manifest
    problem = Problem(
        field, show_shape(item), "has no name", "write {'name': 'fetch', 'image': 'busybox'}", code="K8S102"
    )
    others = {key: part for key, part in manifest.items() if key != "name"}
    raise PartlyReadError([problem], {"image": UNREAD, **others})


def by_name(field: str, items: list[Manifest]) -> dict[str, Manifest]:
    """Find named things by their names.

    Raises:
        SpecError: Two have one name.
    """
    named = {item["name"]: item for item in items}
    if len(named) < len(items):
        names = [item["name"] for item in items]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise refusal(
            field,
            names,
            f"defines {', '.join(map(repr, twice))} twice",
            "give each a name of its own",
            code="K8S104",
        )
    return named


def name_of(field: str) -> str:
    """Give the name of the argument at the end of a way: ``size`` of ``volumes['/scratch'].size``."""
    return field.rpartition("].")[2].partition("[")[0].rpartition(".")[2]


def _to_text(value: object) -> str | None:
    """Give a number as a string, as Kubernetes would; of anything else, no string is known to be meant."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float, Decimal)) else None


def _quote(value: object) -> str:
    text = _to_text(value)
    return "'...'" if text is None else repr(text)
