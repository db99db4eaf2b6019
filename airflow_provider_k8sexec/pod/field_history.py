"""What each field of a pod was before: a pod is followed through ever more layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import CONTAINERS, IDENTITIES, are_mappings
from airflow_provider_k8sexec.options.paths import identify_children, name_items, show_path
from airflow_provider_k8sexec.options.shown import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath
    from airflow_provider_k8sexec.pod.provenance import Origins


@frozen
class Field:
    """One field of the last of several pods.

    Attributes:
        path: The way to it: ``spec.containers[base].env[MY_SECRET]``.
        value: What is shown of its value; ``None`` where an earlier pod has it, and the last one has not.
        origin: Who set it, or took it away.
        overrode: What it was before: each layer that set it, with its value, the outermost first.
    """

    path: str
    value: Any
    origin: str
    overrode: tuple[tuple[str, Any], ...] = ()


def trace_fields(
    pods: Iterable[tuple[str, Manifest]],
    origins: Origins,
    show: Callable[[Manifest], Manifest],
) -> list[Field]:
    """Describe each field of a pod with what it was in the making.

    Args:
        pods: The pod made of ever more layers, each with the innermost layer.
        origins: Who set anything at or below a field of the last of them.
        show: Gives what is shown of such a pod; they are compared as they are.

    Returns:
        The fields in the order of the last pod, then those that it has not kept.
    """
    return [_describe_field(path, changes, origins) for path, changes in _trace_changes(pods, show)]


def _describe_field(path: NamedPath, changes: list[_Change], origins: Origins) -> Field:
    *before, last = changes
    overrode = tuple((change.origin, change.shown) for change in before if change.value is not None)
    origin = last.origin if last.value is None else ", ".join(origins[path])
    return Field(show_path(path), last.shown, origin, overrode)


class _Change(NamedTuple):
    """What a layer made of a field: its value, and what is shown of that; ``None`` where it took it away."""

    origin: str
    value: Any
    shown: Any


def _trace_changes(
    pods: Iterable[tuple[str, Manifest]], show: Callable[[Manifest], Manifest]
) -> list[tuple[NamedPath, list[_Change]]]:
    changes: dict[NamedPath, list[_Change]] = {}
    paths: dict[NamedPath, NamedPath] = {}
    fields: dict[NamedPath, tuple[NamedPath, Any]] = {}
    for origin, pod in pods:
        fields = {key: (path, value) for key, path, value in _walk(pod)}
        shown = dict(find_fields(show(pod)))
        for key, (path, value) in fields.items():
            past = changes.setdefault(key, [])
            paths[key] = path
            if not past or past[-1].value != value:
                past.append(_Change(origin, value, shown.get(path, HIDDEN)))
        for key, past in changes.items():
            if key not in fields and past[-1].value is not None:
                past.append(_Change(origin, None, None))
    by_path: dict[NamedPath, list[_Change]] = {paths[key]: changes[key] for key in fields}
    for key in (key for key in changes if key not in fields):
        # At its position there may be another item now, which replaced it.
        by_path[paths[key]] = [*changes[key], *by_path.get(paths[key], [])]
    return list(by_path.items())


def find_fields(pod: Manifest) -> Iterator[tuple[NamedPath, Any]]:
    """Give the fields of a pod, each with its path.

    What has one source (a variable, a volume, a mount, a toleration) is one field; a container is many.
    """
    return ((path, value) for _, path, value in _walk(pod))


def _walk(
    holder: Any, field: str = "", key: NamedPath = (), path: NamedPath = ()
) -> Iterator[tuple[NamedPath, NamedPath, Any]]:
    """Give key, path and value of each field; a field has the same key in every pod."""
    has_names = isinstance(holder, list) and name_items(field, holder)
    for name, step, item in identify_children(holder, field):
        inner = (*key, name), (*path, step)
        if has_names:
            yield from _walk_item(item, field, *inner)
        elif isinstance(holder, list):
            yield *inner, item
        elif isinstance(item, dict) or (item and are_mappings(item)):
            yield from _walk(item, step, *inner)
        elif item is not None and item != []:
            yield *inner, item


def _walk_item(
    item: Any, field: str, key: NamedPath, path: NamedPath
) -> Iterator[tuple[NamedPath, NamedPath, Any]]:
    identity = IDENTITIES.get(field, "name")
    rest = {name: value for name, value in item.items() if name != identity}
    if field in CONTAINERS:
        yield from _walk(rest, "", key, path)
    elif rest.keys() == {"value"}:  # a variable
        yield key, path, rest["value"]
    else:
        yield key, path, rest or item[identity]
