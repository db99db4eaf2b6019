"""Whether a raw manifest holds only what Kubernetes knows, with the types it wants, and all that it needs.

The kubernetes client silently drops a field that it does not know, turns `1` into `"1"` and `"false"` into
True, and takes seconds to import. So manifests are held against a table made from the client's models.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.options.bounds import DEEPEST, TOO_DEEP
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show, show_scalar, show_shape, show_type
from airflow_provider_k8sexec.options.shown import FREE_MODELS
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.paths import Path

    _Dict = dict[object, object]

POD_MODEL = "V1Pod"
"""The client's class of pods."""

# Type in the table: the Python types that may stand for it, its name for one, its name for many.
_SCALARS: dict[str, tuple[tuple[type, ...], str, str]] = {
    "str": ((str,), "a string", "strings"),
    "int": ((int,), "an integer", "integers"),
    "float": ((int, float), "a number", "numbers"),
    "bool": ((bool,), "True or False", "True or False"),
    "time": ((str,), "an ISO 8601 time as a string", "ISO 8601 times as strings"),
    "quantity": ((str, int, float), "a quantity such as '500m' or '1Gi'", "quantities such as '500m'"),
    "int-or-string": ((int, str), "an integer or a string", "integers or strings"),
    "object": ((str, int, float, bool, type(None)), "a JSON value", "JSON values"),
}
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_MAX_HOMES = 3
_LARGEST_KEY = 2**63
"""Python does not write out integers of thousands of digits."""


class _Table(NamedTuple):
    models: dict[str, dict[str, str]]
    required: dict[str, list[str]]


@functools.cache
def _table() -> _Table:
    file = importlib.resources.files("airflow_provider_k8sexec.rules.api_server") / "pod_schema.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    return _Table(content["models"], content["required"])


def read_manifest(manifest: object, model: str) -> tuple[Any, list[Finding]]:
    """Read a manifest written as plain Python data; whatever it is, this does not raise.

    None counts as absent, also as the value of a field or in a map. Quantities are other rules' matter.

    Args:
        manifest: The data.
        model: A type of the table: ``V1PodSpec``, ``list[V1Toleration]``, ``dict[str]``.

    Returns:
        The parts that have the right shape, and what is wrong with the others. A wrong field is left out; a
        wrong item of a list is None, so that the others keep their places.

    Raises:
        KeyError: The table has no such model, which is a mistake of the caller and not of the manifest.
    """
    if inner_kind(model) not in {*_SCALARS, *_table().models}:
        raise KeyError(model)
    found: list[Finding] = []
    try:
        return None if manifest is None else _read(manifest, model, (), frozenset(), found), found
    except RecursionError:
        return None, [
            *found,
            Finding((), show_type(manifest), TOO_DEEP, "write out what Kubernetes needs", code="K8S201"),
        ]
    except Exception as error:  # noqa: BLE001 - foreign objects may raise anything when they are looked at
        reason = f"cannot be read ({type(error).__name__})"
        return None, [
            *found,
            Finding((), show_type(manifest), reason, "write plain dicts, lists and scalars", code="K8S201"),
        ]


def _read(value: object, kind: str, path: Path, above: frozenset[int], found: list[Finding]) -> Any:
    """Give what is right in a value; None if it is nothing of its kind."""
    if len(path) > DEEPEST:
        raise RecursionError
    within = above | {id(value)}
    if kind == "object" and isinstance(value, (dict, list, tuple)):
        kind = "dict[object]" if isinstance(value, dict) else "list[object]"
    if id(value) in above:
        found.append(
            Finding(path, show_type(value), "contains itself", "write it out, or remove it", code="K8S201")
        )
    elif not _fits(value, kind):
        found.append(
            Finding(
                path,
                show_as(kind, value),
                f"must be {describe_kind(kind)}",
                suggest(value, kind),
                code="K8S201",
            )
        )
    elif isinstance(value, dict):
        return (_read_map if kind.startswith("dict[") else _read_model)(value, kind, path, within, found)
    elif isinstance(value, (list, tuple)):
        return [
            _read(item, inner_kind(kind), (*path, index), within, found) for index, item in enumerate(value)
        ]
    else:
        return value
    return None


def _read_map(value: _Dict, kind: str, path: Path, within: frozenset[int], found: list[Finding]) -> _Dict:
    right: _Dict = {}
    for key, item in value.items():
        here = (*path, _step_to(key))
        if not isinstance(key, str):
            remedy = f"write {show_scalar(str(key))} as the key"
            found.append(
                Finding(
                    here,
                    show_as(inner_kind(kind), item),
                    "has a key that is not a string",
                    remedy,
                    code="K8S201",
                )
            )
        if item is not None:
            right[key] = _read(item, inner_kind(kind), here, within, found)
    return {key: item for key, item in right.items() if isinstance(key, str) and item is not None}


def _read_model(value: _Dict, model: str, path: Path, within: frozenset[int], found: list[Finding]) -> _Dict:
    fields = _table().models[model]
    right: _Dict = {}
    present = set()
    for key, item in value.items():
        if item is not None:
            here = (*path, _step_to(key))
            name = _nearest(key, fields)
            present.add(name)
            if name is None or name != key:
                found.append(_unknown(key, item, model, here))
            if name:
                read = _read(item, fields[name], here, within, found)
                right.update({key: read} if name == key and read is not None else {})
    for name in _table().required.get(model, ()):
        if name not in present:
            reason = f"is missing, and {_name(model)} requires it"
            found.append(
                Finding((*path, name), "None", reason, f"write {describe_kind(fields[name])}", code="K8S201")
            )
    return right


def find_field(model: str, name: str) -> tuple[str, str] | None:
    """Find the field that has a name, also in the client's snake_case: the field and its type; or none."""
    fields = _table().models[model]
    named = name if name in fields else {_plain(field): field for field in fields}.get(_plain(name))
    return (named, fields[named]) if named else None


def fields_of(model: str) -> list[str]:
    """Give the fields of a model, in the order in which the client's models take them."""
    return [*_table().models[model]]


def is_model(kind: str) -> bool:
    """Report whether a type of the table is a model."""
    return kind in _table().models


def find_models(manifest: object, model: str, path: Path = ()) -> Iterator[tuple[Path, str, dict[str, Any]]]:
    """Find every object in a manifest of the right shape, the outer ones first: path, model, object."""
    if isinstance(manifest, dict):
        fields = _table().models.get(model)
        if fields is not None:
            yield path, model, manifest
        for key, item in manifest.items():
            inner = inner_kind(model) if fields is None else fields[key]
            yield from find_models(item, inner, (*path, key))
    elif isinstance(manifest, list):
        for index, item in enumerate(manifest):
            yield from find_models(item, inner_kind(model), (*path, index))


def _step_to(key: object) -> str | int:
    is_short = isinstance(key, int) and -_LARGEST_KEY < key < _LARGEST_KEY
    return key if isinstance(key, str) or is_short else show_type(key)  # type: ignore[return-value]


def _unknown(key: object, item: object, model: str, path: Path) -> Finding:
    fields = _table().models[model]
    homes = [_name(other) for other, others in _table().models.items() if key in others]
    if nearest := _nearest(key, fields):
        remedy = f"write {nearest!r}"
    elif model == "V1LabelSelector" and isinstance(item, str):
        remedy = f"write {show({'matchLabels': {key: item}})}"
    elif 0 < len(homes) <= _MAX_HOMES:
        remedy = f"it belongs in {' or '.join(homes)}"
    else:
        remedy = f"remove it, or write one of {show([*fields])}"
    # What is in a field of no meaning may be anything: a password in a wrong place, for one.
    is_meant = (nearest or 0 < len(homes) <= _MAX_HOMES) and model not in FREE_MODELS
    return Finding(
        path,
        (show_scalar if is_meant else show_shape)(item),
        f"is not a field of {_name(model)}",
        remedy,
        code="K8S201",
    )


def _nearest(key: object, fields: dict[str, str]) -> str | None:
    """Find the field that is meant: the key itself, or in camelCase, or a name that is much like it."""
    if not isinstance(key, str) or key in fields:
        return key if isinstance(key, str) else None
    names = {_plain(name): name for name in fields}
    nearest = find_nearest(_plain(key), names, cutoff=0.8)
    return names[nearest] if nearest else None


def _plain(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _fits(value: object, kind: str) -> bool:
    if kind in _SCALARS:
        types = _SCALARS[kind][0]
        return isinstance(value, types) and (bool in types or not isinstance(value, bool))
    return isinstance(value, (list, tuple) if kind.startswith("list[") else dict)


def inner_kind(kind: str) -> str:
    """Give the type of what a list or a map holds; of another type, the type itself."""
    return kind[5:-1] if kind.startswith(("list[", "dict[")) else kind


def _name(model: str) -> str:
    return model.removeprefix("Core").removeprefix("V1")


def describe_kind(kind: str) -> str:
    """Describe what a field of a type takes: ``a list of strings``."""
    inner = inner_kind(kind)
    if inner == kind:
        return _SCALARS[kind][1] if kind in _SCALARS else f"a dict ({_name(kind)})"
    return f"a {kind[:4]} of {_SCALARS[inner][2] if inner in _SCALARS else f'dicts ({_name(inner)})'}"


def suggest(value: object, kind: str) -> str:
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
    fields = _table().models.get(inner_kind(kind))
    return f"write one, with fields of {show([*fields])}" if fields else "write one"


def show_as(kind: str, value: object) -> str:
    """Show a scalar where one belongs; elsewhere a string may be a command line or ``NAME=password``."""
    return show_scalar(value) if kind in _SCALARS else show_shape(value)
