"""Kubernetes objects as manifests: plain, camelCase dictionaries and lists, as in YAML."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from airflow_provider_k8sexec.options.bounds import DEEPEST

Manifest = dict[str, Any]

IDENTITIES = {"volumeMounts": "mountPath", "volumeDevices": "devicePath", "ports": "containerPort"}
"""The fields by which Kubernetes identifies the items of a list, where it is not their ``name``."""

CONTAINERS = ("containers", "initContainers")
"""The containers that a pod is created with. They merge field by field; of other lists, an item replaces the
one of its name."""

CONTAINER_KINDS = (*CONTAINERS, "ephemeralContainers")
"""All kinds of containers: Kubernetes adds the last kind to a pod that runs."""

SIDES = ("requests", "limits")
"""The two sides of a container's resources."""

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


def to_manifest(value: Any, leave_out: frozenset[str] = frozenset()) -> Any:
    """Convert a Kubernetes model, or a structure that holds some, to a manifest.

    The kubernetes client is not imported, which takes 40 MiB: each of its models carries the names of its
    fields (``attribute_map``), and the pydantic models of release 37 and later dump themselves. Values that
    no manifest can hold stay as they are, for the rules to find.

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
        message = f"a manifest contains itself, or is nested more than {DEEPEST} levels deep"
        raise RecursionError(message)
    below = levels - 1
    if hasattr(type(value), "attribute_map"):
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
        return {key: _convert(item, leave_out, below) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_convert(item, leave_out, below) for item in value]
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return value


def present(**fields: Any) -> Manifest:
    """Make a manifest of the fields that are set."""
    return {name: value for name, value in fields.items() if value is not None}


def merge_manifests(outer: Manifest, inner: Manifest) -> Manifest:
    """Lay one manifest over another.

    Mappings merge by key, except for those that are replaced as a whole (``seccompProfile``). Lists of named
    items merge by name: an inner container is merged with the outer one; any other item (a variable, a
    volume, a mount) has one source, so the inner one replaces the outer one. Other lists of mappings are
    joined without repeats. For anything else, the inner value wins. Source:
    https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
    """
    merged = dict(outer)
    for key, value in inner.items():
        merged[key] = _merge_values(key, outer[key], value) if key in outer else value
    return merged


def _merge_values(key: str, outer: Any, inner: Any) -> Any:
    if isinstance(outer, dict) and isinstance(inner, dict) and key not in WHOLE:
        return merge_manifests(outer, inner)
    if not are_mappings(outer) or not are_mappings(inner):
        return inner
    identity = find_identity(key, [*outer, *inner])
    if identity is None:
        return [*outer, *(item for item in inner if item not in outer)]
    by_name = {item[identity]: item for item in outer}
    for item in inner:
        name = item[identity]
        by_name[name] = (
            merge_manifests(by_name[name], item) if name in by_name and key in CONTAINERS else item
        )
    return list(by_name.values())


def find_identity(key: str, items: list[Manifest]) -> str | None:
    """Find the field by which Kubernetes identifies the items of a list, if each item has it.

    Args:
        key: The field that holds the list: ``containers``, ``volumeMounts``, ...
        items: The list.
    """
    identity = IDENTITIES.get(key, "name")
    return identity if all(isinstance(item.get(identity), (str, int)) for item in items) else None


def are_mappings(value: Any) -> bool:
    """Report whether a value is a list of nothing but mappings, be it empty."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
