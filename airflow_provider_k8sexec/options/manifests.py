"""Kubernetes objects as manifests: plain, camelCase dictionaries and lists, as in YAML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from airflow_provider_k8sexec.options.bounds import DEEPEST, TOO_DEEP
from airflow_provider_k8sexec.options.plain_values import to_plain_scalar

Manifest = dict[str, Any]

IDENTITIES = {
    "volumeMounts": "mountPath",
    "volumeDevices": "devicePath",
    "ports": "containerPort",
    "hostAliases": "ip",
}
"""The fields by which Kubernetes identifies the items of a list, where it is not their ``name``."""

PAIRS = {"topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable")}
"""The fields that identify the items of a list together, where no field does alone."""

CONTAINERS = ("containers", "initContainers")
"""The containers that a pod is created with. They merge field by field; of other lists, an item replaces the
one of its name."""

CONTAINER_KINDS = (*CONTAINERS, "ephemeralContainers")
"""All kinds of containers: Kubernetes adds the last kind to a pod that runs."""

SIDES = ("requests", "limits")
"""The two sides of a container's resources."""

MAPS_OF_AMOUNTS = frozenset({*SIDES, "overhead"})
"""Fields that hold amounts by the names of resources."""

AMOUNTS = frozenset({"sizeLimit", "divisor"})
"""Fields that hold one amount."""

WHOLE = ("appArmorProfile", "seccompProfile")
"""Mappings that are replaced as a whole: each of their types has fields that the others refuse."""


_BUILT = "_k8sexec_built"


def mark_built(pod: Any) -> None:
    """Mark a model as made by this package; copies of it are marked, too.

    Only this package may set its own annotations, so a hand-written override that has them is refused.
    Airflow and authors copy overrides, which is why the mark is on the model itself.
    """
    vars(pod)[_BUILT] = True


def is_built(pod: object) -> bool:
    """Report whether a model was made by this package, and not by hand."""
    return bool(getattr(pod, "__dict__", {}).get(_BUILT))


def is_model(value: object) -> bool:
    """Report whether a value is a model of the kubernetes client: each has an ``attribute_map``."""
    return hasattr(type(value), "attribute_map")


def to_manifest(value: Any, leave_out: frozenset[str] = frozenset()) -> Any:
    """Convert a Kubernetes model, or a structure that holds some, to a manifest.

    The kubernetes client is not imported, which takes 40 MiB: each of its models carries the names of its
    fields, also those of release 37, which are pydantic models. Other pydantic models dump themselves. Values
    that no manifest can hold stay as they are, for the rules to find.

    Args:
        value: The model.
        leave_out: Fields of models that the caller does not need.

    Raises:
        RecursionError: It contains itself, or is nested deeper than any pod.
    """
    return _convert(value, leave_out, DEEPEST)


def _convert(value: Any, leave_out: frozenset[str], levels: int) -> Any:
    """Convert a value that has at most some levels.

    Python's own limit is no bound: Airflow raises it, and what a tracer runs in its last frames may break.
    """
    if not levels:
        message = f"a manifest contains itself, or {TOO_DEEP}"
        raise RecursionError(message)
    below = levels - 1
    if is_model(value):
        fields = {
            name: getattr(value, attribute)
            for attribute, name in value.attribute_map.items()
            if name not in leave_out
        }
        return {
            name: _convert(field, leave_out, below) for name, field in fields.items() if field is not None
        }
    if hasattr(type(value), "model_dump"):
        return value.model_dump(by_alias=True, exclude_none=True, mode="json")
    if isinstance(value, Mapping):
        items = ((key, item) for key, item in value.items() if item is not None)
        return {to_plain_scalar(key): _convert(item, leave_out, below) for key, item in items}
    if isinstance(value, (list, tuple)):
        return [_convert(item, leave_out, below) for item in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return to_plain_scalar(value)


def present(**fields: Any) -> Manifest:
    """Make a manifest of the fields that are set."""
    return {name: value for name, value in fields.items() if value is not None}


def find_identity(key: str, items: list[Manifest]) -> tuple[str, ...]:
    """Find the fields by which Kubernetes identifies the items of a list, if each item has them.

    Args:
        key: The field that holds the list: ``containers``, ``volumeMounts``, ...
        items: The list.
    """
    names = identity_of(key)
    return names if all(isinstance(item.get(name), (str, int)) for item in items for name in names) else ()


def identity_of(key: str) -> tuple[str, ...]:
    """Give the fields by which Kubernetes identifies the items of a list."""
    return PAIRS.get(key) or (IDENTITIES.get(key, "name"),)


def are_mappings(value: Any) -> bool:
    """Report whether a value is a list of nothing but mappings, be it empty."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
