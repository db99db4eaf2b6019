"""Whether a raw manifest holds only what Kubernetes knows, with the types it wants, and all that it needs.

The kubernetes client drops a field that it does not know without a word, turns `1` into `"1"` and `"false"`
into True, and takes seconds to import. So manifests are held against a table made from the client's models.
"""

from __future__ import annotations

import difflib
import functools
import importlib.resources
import json
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.problems import show, show_scalar, show_shape, show_type
from airflow_provider_k8sexec.options.shown import FREE_MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    _Dict = dict[object, object]

# Type in the table: the Python types that may stand for it, its name for one, its name for many.
_SCALARS: dict[str, tuple[tuple[type, ...], str, str]] = {
    "str": ((str,), "a string", "strings"),
    "int": ((int,), "a whole number", "whole numbers"),
    "float": ((int, float), "a number", "numbers"),
    "bool": ((bool,), "True or False", "True or False"),
    "time": ((str,), "an ISO 8601 time as a string", "ISO 8601 times as strings"),
    "quantity": ((str, int, float), "a quantity such as '500m' or '1Gi'", "quantities such as '500m'"),
    "int-or-string": ((int, str), "a whole number or a string", "whole numbers or strings"),
    "object": ((str, int, float, bool, type(None)), "a JSON value", "JSON values"),
}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MAX_HOMES = 3


class _Table(NamedTuple):
    models: dict[str, dict[str, str]]
    required: dict[str, list[str]]


@functools.cache
def _table() -> _Table:
    file = importlib.resources.files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    return _Table(content["models"], content["required"])


def check_manifest(manifest: object, model: str, field: str) -> list[Problem]:
    """Find every mistake in a manifest written as plain Python data; whatever it is, this does not raise.

    None counts as absent, also as the value of a field or in a map. How quantities are written is not judged.

    Args:
        manifest: The data.
        model: A type of the table: ``V1PodSpec``, ``list[V1Toleration]``, ``dict[str]``.
        field: The argument that the manifest was given for, where the path of every problem begins.

    Raises:
        KeyError: The table has no such model, which is a mistake of the caller and not of the manifest.
    """
    if _inner(model) not in {*_SCALARS, *_table().models}:
        raise KeyError(model)
    problems: list[Problem] = []
    try:
        problems.extend(_check(manifest, model, field, frozenset()) if manifest is not None else ())
    except Exception as error:  # noqa: BLE001 - foreign objects may raise anything when they are looked at
        reason = f"cannot be read ({type(error).__name__})"
        problems.append(Problem(field, show_type(manifest), reason, "write plain dicts, lists and scalars"))
    return problems


def _check(value: object, kind: str, path: str, above: frozenset[int]) -> Iterator[Problem]:
    within = above | {id(value)}
    if kind == "object" and isinstance(value, (dict, list, tuple)):
        kind = "dict[object]" if isinstance(value, dict) else "list[object]"
    if id(value) in above:
        yield Problem(path, show_type(value), "contains itself", "write it out, or remove it")
    elif not _fits(value, kind):
        yield Problem(path, _show_as(kind, value), f"must be {_expected(kind)}", _remedy(value, kind))
    elif isinstance(value, dict):
        yield from (_check_map if kind.startswith("dict[") else _check_model)(value, kind, path, within)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _check(item, _inner(kind), f"{path}[{index}]", within)


def _check_map(value: _Dict, kind: str, path: str, within: frozenset[int]) -> Iterator[Problem]:
    for key, item in value.items():
        here = f"{path}[{show_scalar(key)}]"
        if not isinstance(key, str):
            remedy = f"write {show_scalar(str(key))} as the key"
            yield Problem(here, _show_as(_inner(kind), item), "has a key that is not a string", remedy)
        if item is not None:
            yield from _check(item, _inner(kind), here, within)


def _check_model(value: _Dict, model: str, path: str, within: frozenset[int]) -> Iterator[Problem]:
    fields = _table().models[model]
    present = set()
    for key, item in value.items():
        if item is not None:
            here = f"{path}[{show_scalar(key)}]"
            name = _nearest(key, fields)
            present.add(name)
            if name != key:
                yield _unknown(key, item, model, here)
            if name:
                yield from _check(item, fields[name], here, within)
    for name in _table().required.get(model, ()):
        if name not in present:
            reason = f"is missing, and {_name(model)} requires it"
            yield Problem(f"{path}[{name!r}]", "None", reason, f"write {_expected(fields[name])}")


def find_models(manifest: object, model: str, field: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Find every object in a manifest of the right shape, the outer ones first: path, model, object."""
    if isinstance(manifest, dict):
        if model in _table().models:
            yield field, model, manifest
        for key, item in manifest.items():
            inner = (
                _inner(model) if model.startswith("dict[") else _table().models.get(model, {}).get(key, "")
            )
            yield from find_models(item, inner, f"{field}[{key!r}]")
    elif isinstance(manifest, (list, tuple)):
        for index, item in enumerate(manifest):
            yield from find_models(item, _inner(model), f"{field}[{index}]")


def _unknown(key: object, item: object, model: str, path: str) -> Problem:
    fields = _table().models[model]
    homes = [_name(other) for other, others in _table().models.items() if key in others]
    if nearest := _nearest(key, fields):
        remedy = f"write {nearest!r}"
    elif 0 < len(homes) <= _MAX_HOMES:
        remedy = f"it belongs in {' or '.join(homes)}"
    else:
        remedy = f"remove it, or write one of {show([*fields])}"
    # Nobody knows what is in a field of no meaning: it may be a password in a wrong place.
    is_meant = (nearest or 0 < len(homes) <= _MAX_HOMES) and model not in FREE_MODELS
    return Problem(
        path, (show_scalar if is_meant else show_shape)(item), f"is not a field of {_name(model)}", remedy
    )


def _nearest(key: object, fields: dict[str, str]) -> str | None:
    """Find the field that is meant: the key itself, or in camelCase, or a name that is much like it."""
    if not isinstance(key, str) or key in fields:
        return key if isinstance(key, str) else None
    names = {_plain(name): name for name in fields}
    close = difflib.get_close_matches(_plain(key), names, n=1, cutoff=0.8)
    return names[close[0]] if close else None


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _fits(value: object, kind: str) -> bool:
    if kind in _SCALARS:
        types = _SCALARS[kind][0]
        return isinstance(value, types) and (bool in types or not isinstance(value, bool))
    return isinstance(value, (list, tuple) if kind.startswith("list[") else dict)


def _inner(kind: str) -> str:
    return kind[5:-1] if kind.startswith(("list[", "dict[")) else kind


def _name(model: str) -> str:
    return model.removeprefix("Core").removeprefix("V1")


def _expected(kind: str) -> str:
    inner = _inner(kind)
    if inner == kind:
        return _SCALARS[kind][1] if kind in _SCALARS else f"a dict ({_name(kind)})"
    return f"a {kind[:4]} of {_SCALARS[inner][2] if inner in _SCALARS else f'dicts ({_name(inner)})'}"


def _remedy(value: object, kind: str) -> str:
    """Say what to write, with the value itself where it is clear what was meant."""
    with suppress(ValueError, OverflowError):  # no number, an infinite one, or one too long to print
        if kind == "str" and isinstance(value, (bool, int, float)):
            return f"write {show_scalar(str(value).lower())}"
        if kind == "time" and isinstance(value, date):
            return f"write {value.isoformat()!r}"
        if kind == "bool" and isinstance(value, (str, int)) and str(value).lower() in _TRUTHS:
            return f"write {_TRUTHS[str(value).lower()]}"
        if kind.startswith("int") and isinstance(value, (str, float)) and float(value).is_integer():
            return f"write {int(value)}"
    fields = _table().models.get(_inner(kind))
    return f"write one, with fields of {show([*fields])}" if fields else "write one"


def _show_as(kind: str, value: object) -> str:
    """Show a scalar where one belongs; elsewhere a string may be a command line or ``NAME=password``."""
    return show_scalar(value) if kind in _SCALARS else show_shape(value)
