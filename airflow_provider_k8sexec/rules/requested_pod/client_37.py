"""What the kubernetes client 37 refuses in hand-written models; that client need not be installed.

Up to release 36 a model takes any value, and the client casts it as it writes or reads JSON. From 37 on the
models are pydantic models of strict types: a wrong value is a ``ValidationError`` in the line of the DAG file
that makes the model. ``make client-37`` holds these rules against the client itself.
Source: https://github.com/kubernetes-client/python/tree/release-37.0/kubernetes/client/models
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.bounds import DEEPEST
from airflow_provider_k8sexec.options.problems import show_shape, show_type
from airflow_provider_k8sexec.rules.api_server.schema import (
    describe_kind,
    find_field,
    inner_kind,
    is_model,
    show_as,
    suggest,
)
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.paths import Path

CLIENT = "the kubernetes client 37"

UNREAD = object()
"""A part of a value that is not known, such as what a function returns; nothing is found in it."""

FORMER_FIELDS = frozenset({("V1PodSpec", "workloadRef"), ("V1PodResourceClaim", "source")})
"""Fields that older clients have and this one has not."""

_NOT_IN_THE_TABLE = frozenset({("V1Pod", "status")})
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "int-or-string": (int, str),
}


def check_value(value: Any, kind: str, path: Path = ()) -> Iterator[Finding]:
    """Find what client 37 refuses in a value of a model's field.

    Args:
        value: The value, models and plain data in it alike.
        kind: The type of the field, as the table of fields has it.
        path: Where it is.
    """
    kind, inner = kind.replace("quantity", "str"), inner_kind(kind).replace("quantity", "str")
    if value is UNREAD or len(path) > DEEPEST:
        return
    if kind.startswith("list[") and isinstance(value, (list, tuple, set, frozenset, Iterator)):
        # What an iterator gives can be taken once, and is the DAG's.
        for index, item in enumerate(() if isinstance(value, Iterator) else value):
            yield from check_value(item, inner, (*path, index))
    elif kind.startswith("dict[") and isinstance(value, Mapping):
        for key, item in value.items():
            here = (*path, key if isinstance(key, str) else show_type(key))
            if not isinstance(key, str):
                yield Finding(
                    here, "", f"has a key that {CLIENT} refuses", "write the key as a string", code="K8S806"
                )
            yield from check_value(item, inner, here)
    elif is_model(kind):
        yield from _check_model(value, kind, path)
    elif not _takes(value, kind):
        yield _refuse(value, kind, path)


def _check_model(value: Any, model: str, path: Path) -> Iterator[Finding]:
    attributes, name = getattr(type(value), "attribute_map", None), type(value).__name__
    if attributes is None and not isinstance(value, Mapping):
        yield _refuse(value, model, path)
        return
    if attributes is not None and name != model and is_model(name):
        yield Finding(path, show_type(value), f"is refused by {CLIENT}", f"write a {model}", code="K8S806")
        return
    fields = value if attributes is None else {named: getattr(value, at) for at, named in attributes.items()}
    for key, item in fields.items():
        field = find_field(model, str(key))
        if item is None or (model, key) in _NOT_IN_THE_TABLE:
            continue
        if field is None or (model, field[0]) in FORMER_FIELDS:
            yield Finding(
                (*path, str(key)), show_shape(item), f"is not a field in {CLIENT}", "remove it", code="K8S806"
            )
        else:
            yield from check_value(item, field[1], (*path, field[0]))


def _takes(value: Any, kind: str) -> bool:
    if kind.startswith(("list[", "dict[")) or (isinstance(value, bool) and kind != "bool"):
        return kind == "object"
    return kind not in _TYPES or isinstance(value, _TYPES[kind])


def _refuse(value: Any, kind: str, path: Path) -> Finding:
    taken, remedy = describe_kind(kind), suggest(value, kind)
    remedy = f"write {taken}" if remedy == "write one" else remedy
    return Finding(
        path, show_as(kind, value), f"is refused by {CLIENT}, which takes {taken}", remedy, code="K8S806"
    )
