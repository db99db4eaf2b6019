"""Who set each field of a pod: the one engine, which the Pod tab and ``explain`` share.

A pod is compared with what it was merged from. Of the task's part, the serialised DAG records who set what
(:mod:`airflow_provider_k8sexec.pod.layer_record`).
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import CONTAINERS
from airflow_provider_k8sexec.options.paths import identify_children, name_items, show_path
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.pod.executor_config import TASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath

Origins = Mapping["NamedPath", tuple[str, ...]]
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


def resolve_origins(pod: Manifest, ingredients: Ingredients, otherwise: str = HOOK) -> dict[NamedPath, str]:
    """Find who set each value of a merged pod: the innermost layer that has it, whoever else has it too.

    Args:
        pod: The pod.
        ingredients: What it was merged from.
        otherwise: Who set what is in none of the ingredients.
    """
    parts = [
        (ingredients.override, TASK, ingredients.recorded),
        (ingredients.template, TEMPLATE, {}),
        (ingredients.without_override, EXECUTOR, {}),
    ]
    return resolve_among(pod, parts, otherwise)


def resolve_among(
    pod: Manifest, parts: Iterable[tuple[Manifest, str, Mapping[str, str]]], otherwise: str
) -> dict[NamedPath, str]:
    """Find who set each value of a pod: the first of its parts that has it.

    Args:
        pod: The pod.
        parts: What it was merged from, each with its origin, and with who else is recorded of its fields.
        otherwise: Who set what is in none of the parts.
    """
    return dict(_resolve(pod, (), [_Part(*part) for part in parts], otherwise))


def gather_origins(origins: Mapping[NamedPath, str]) -> Origins:
    """Give for each field, and for each that holds others, who set anything at or below it."""
    below: dict[NamedPath, dict[str, None]] = {}
    for path, origin in origins.items():
        for end in range(len(path) + 1):
            below.setdefault(path[:end], {})[origin] = None
    return {path: tuple(found) for path, found in below.items()}


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


def _resolve(
    value: Any, path: NamedPath, parts: list[_Part], otherwise: str
) -> Iterator[tuple[NamedPath, str]]:
    field = path[-1] if path else ""
    children = identify_children(value, field)
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
    children = [(key, part.enter(step, item)) for key, step, item in identify_children(part.value, field)]
    indexed: dict[str | int, _Part] = dict(children)
    if isinstance(part.value, list) and len(children) == length and not name_items(field, part.value):
        indexed.update(enumerate(inner for _, inner in children))
    return indexed


def _resolve_value(value: Any, path: NamedPath, parts: list[_Part], otherwise: str) -> str:
    # The name of a container in an override only refers to one; the outermost holder has set it.
    if len(path) == _DEPTH_OF_NAME and path[1] in CONTAINERS and path[-1] == "name":
        parts = [*parts[1:], *parts[:1]]
    return next((part.origin for part in parts if _are_same(path, part.value, value)), otherwise)


def _are_same(path: NamedPath, one: Any, other: Any) -> bool:
    """Compare two values of a field; the cluster writes an amount in a form of its own."""
    if one != other and "resources" in path:
        with suppress(ValueError):
            return Quantity(str(one)) == Quantity(str(other))
    return bool(one == other)
