"""Who set each field of a pod: the one engine, which the Pod tab, ``explain`` and the serialised DAG share.

:func:`resolve_origins` compares a pod with what it was merged from. Of the task's part, the serialised DAG
records who set what, because the API server never sees the layers (:func:`record_origins`).
:func:`trace_fields` adds what each field was before.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import IDENTITIES, MERGED
from airflow_provider_k8sexec.options.paths import iter_children, name_items, show_path
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.shown import HIDDEN
from airflow_provider_k8sexec.pod.executor_config import TASK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

Origins = Mapping["Path", tuple[str, ...]]
"""Who set anything at or below a field, by its path; a path of no steps is the pod as a whole."""

TEMPLATE = "the pod template"
EXECUTOR = "the executor"
HOOK = "pod_mutation_hook"
CLUSTER = "a hook, or the cluster"

_DEPTH_OF_NAME = len(("spec", "containers", "[base]", "name"))


@frozen
class Ingredients:
    """What a pod was merged from.

    Attributes:
        template: The pod template.
        without_override: The template as the executor completes it for a task that requests nothing.
        override: The task's ``pod_override``.
        recorded: Who set a field of the override where it was not the task, by the field's path; what holds
            a field stands for it.
    """

    template: Manifest
    without_override: Manifest
    override: Manifest
    recorded: Mapping[str, str]


def resolve_origins(pod: Manifest, ingredients: Ingredients, otherwise: str = HOOK) -> dict[Path, str]:
    """Find who set each value of a merged pod: the innermost layer that has it, whoever else has it too.

    Args:
        pod: The pod.
        ingredients: What it was merged from.
        otherwise: Who set what is in none of the ingredients.
    """
    parts = [
        _Part(ingredients.override, TASK, ingredients.recorded),
        _Part(ingredients.template, TEMPLATE),
        _Part(ingredients.without_override, EXECUTOR),
    ]
    return dict(_resolve(pod, (), parts, otherwise))


def gather_origins(origins: Mapping[Path, str]) -> Origins:
    """Give for each field, and for each that holds others, who set anything at or below it."""
    below: dict[Path, dict[str, None]] = {}
    for path, origin in origins.items():
        for end in range(len(path) + 1):
            below.setdefault(path[:end], {})[origin] = None
    return {path: tuple(found) for path, found in below.items()}


def find_recorded(path: Path, recorded: Mapping[str, str]) -> str | None:
    """Find who set a field of a task's part, by the record; ``None`` for the task itself."""
    fields = (show_path(path[:end]) for end in range(len(path), 0, -1))
    return next((recorded[field] for field in fields if field in recorded), None)


class _Part(NamedTuple):
    """The part of an ingredient that corresponds to a part of the pod.

    Attributes:
        value: What it holds.
        origin: Who set it, unless something below is recorded as another's.
        recorded: As in the ingredients.
        text: Its path in the ingredient, where lists may be shorter than the pod's.
    """

    value: Any
    origin: str
    recorded: Mapping[str, str] | None = None
    text: str = ""

    def enter(self, step: str, value: Any) -> _Part:
        """Give what is below it."""
        if not self.recorded:
            return _Part(value, self.origin)
        text = show_path((self.text, step)) if self.text else step
        return _Part(value, self.recorded.get(text, self.origin), self.recorded, text)


def _resolve(value: Any, path: Path, parts: list[_Part], otherwise: str) -> Iterator[tuple[Path, str]]:
    field = path[-1] if path else ""
    children = _children_of(value, field)
    if path and not children:
        yield path, _resolve_value(value, path, parts, otherwise)
        return
    indexed = [_index(part, field, len(children)) for part in parts]
    for position, (key, step, item) in enumerate(children):
        found = [below.get(key) or below.get(position) for below in indexed]
        yield from _resolve(item, (*path, step), [part for part in found if part], otherwise)


def _index(part: _Part, field: str, length: int) -> dict[str | int, _Part]:
    """Give what a part holds by its key; in a list without names, and as long as the pod's, by position too.

    The cluster completes an item of a list where it stands, and then its content is no longer the same.
    """
    children = [(key, part.enter(step, item)) for key, step, item in _children_of(part.value, field)]
    indexed: dict[str | int, _Part] = dict(children)
    if isinstance(part.value, list) and len(children) == length and not name_items(field, part.value):
        indexed.update(enumerate(inner for _, inner in children))
    return indexed


def _children_of(holder: Any, field: str) -> list[tuple[str, str, Any]]:
    """Give what a mapping or a list holds, with the key that identifies it and the step to it.

    An item without a name is identified by its content: its position is not the same in an override and in
    the pod, because Airflow appends some lists.
    """
    children = list(iter_children(holder, field))
    if not isinstance(holder, list) or name_items(field, holder):
        return [(step, step, item) for step, item in children]
    seen: Counter[str] = Counter()
    keyed = []
    for step, item in children:
        content = json.dumps(item, sort_keys=True, default=str)
        seen[content] += 1
        keyed.append((f"{content} {seen[content]}", step, item))
    return keyed


def _resolve_value(value: Any, path: Path, parts: list[_Part], otherwise: str) -> str:
    # The name of a container in an override only refers to one; the outermost holder has set it.
    if len(path) == _DEPTH_OF_NAME and path[1] in MERGED and path[-1] == "name":
        parts = [*parts[1:], *parts[:1]]
    return next((part.origin for part in parts if _are_same(path, part.value, value)), otherwise)


def _are_same(path: Path, one: Any, other: Any) -> bool:
    """Compare two values of a field; the cluster writes an amount in a form of its own."""
    if one != other and "resources" in path:
        with suppress(ValueError):
            return Quantity(str(one)) == Quantity(str(other))
    return bool(one == other)


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


def _describe_field(path: Path, changes: list[_Change], origins: Origins) -> Field:
    *before, last = changes
    overrode = tuple((change.origin, change.shown) for change in before if change.value is not None)
    origin = last.origin if last.value is None else ", ".join(origins[path])
    return Field(show_path(path), last.shown, origin, overrode)


def record_origins(pods: Iterable[tuple[str, Manifest]]) -> dict[str, str]:
    """Record who set each field of a task's part where it was not the task: by the field's path.

    Args:
        pods: The part made of ever more layers, each with the innermost layer.
    """
    return {
        show_path(path): changes[-1].origin
        for path, changes in _trace_changes(pods, lambda pod: pod)
        if changes[-1].value is not None and changes[-1].origin != TASK
    }


class _Change(NamedTuple):
    """What a layer made of a field: its value, and what is shown of that; ``None`` where it took it away."""

    origin: str
    value: Any
    shown: Any


def _trace_changes(
    pods: Iterable[tuple[str, Manifest]], show: Callable[[Manifest], Manifest]
) -> list[tuple[Path, list[_Change]]]:
    changes: dict[Path, list[_Change]] = {}
    paths: dict[Path, Path] = {}
    fields: dict[Path, tuple[Path, Any]] = {}
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
    by_path: dict[Path, list[_Change]] = {paths[key]: changes[key] for key in fields}
    for key in (key for key in changes if key not in fields):
        # At its position there may be another item now, which replaced it.
        by_path[paths[key]] = [*changes[key], *by_path.get(paths[key], [])]
    return list(by_path.items())


def find_fields(pod: Manifest) -> Iterator[tuple[Path, Any]]:
    """Give the fields of a pod, each with its path.

    What has one source (a variable, a volume, a mount, a toleration) is one field; a container is many.
    """
    return ((path, value) for _, path, value in _walk(pod))


def _walk(holder: Any, field: str = "", key: Path = (), path: Path = ()) -> Iterator[tuple[Path, Path, Any]]:
    """Give key, path and value of each field; a field has the same key in every pod."""
    has_names = isinstance(holder, list) and name_items(field, holder)
    for name, step, item in _children_of(holder, field):
        inner = (*key, name), (*path, step)
        if has_names:
            yield from _walk_item(item, field, *inner)
        elif isinstance(holder, list):
            yield *inner, item
        elif isinstance(item, dict) or (item and _are_maps(item)):
            yield from _walk(item, step, *inner)
        elif item is not None and item != []:
            yield *inner, item


def _walk_item(item: Any, field: str, key: Path, path: Path) -> Iterator[tuple[Path, Path, Any]]:
    identity = IDENTITIES.get(field, "name")
    rest = {name: value for name, value in item.items() if name != identity}
    if field in MERGED:
        yield from _walk(rest, "", key, path)
    elif rest.keys() == {"value"}:  # a variable
        yield key, path, rest["value"]
    else:
        yield key, path, rest or item[identity]


def _are_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
