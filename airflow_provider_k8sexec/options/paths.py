"""Paths to parts of a manifest: by keys and indices, and as people write them.

As people write it, ``spec.containers[base].env[MY_SECRET]``, an item of a list goes by the field that
identifies it to Kubernetes, or else by its position.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import IDENTITIES
from airflow_provider_k8sexec.options.problems import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@frozen
class Written:
    """A step that is written as it is: ``.size``, ``[try 2]``."""

    text: str


Path = tuple[str | int | Written, ...]
"""The keys and indices that lead to a part of a manifest: ``("spec", "volumes", 0, "emptyDir")``.

Of an option, they lead to what its author wrote, and attributes are steps as well.
"""

NamedPath = tuple[str, ...]
"""The steps to a field; an item of a list is a step in brackets: ``("spec", "volumes", "[logs]")``."""

_PLAIN = re.compile(r"[\w-]+\Z")


def write_steps(path: Path) -> str:
    """Write a path as Python does: ``['spec']['tolerations'][0]``."""
    return "".join(step.text if isinstance(step, Written) else f"[{show(step)}]" for step in path)


def show_path(path: NamedPath) -> str:
    """Write a path as people do: ``spec.containers[base].resources.limits.memory``."""
    return "".join(step if step.startswith("[") else f".{step}" for step in path).removeprefix(".")


def write_field(path: Path) -> str:
    """Write a path as the API server does: ``spec.containers[0].image``."""
    return show_path(tuple(f"[{step}]" if isinstance(step, int) else step_to(str(step)) for step in path))


def step_to(key: str) -> str:
    """Give the step to the field of a mapping: ``memory``, ``[nvidia.com/gpu]``."""
    # A key may be anything before the rules have seen it.
    return key if isinstance(key, str) and _PLAIN.match(key) else f"[{key}]"


def name_items(field: str, items: Sequence[Any]) -> list[str] | None:
    """Give the names that identify the items of a list to Kubernetes; ``None`` where they have none.

    Args:
        field: The field that holds the list: ``containers``, ``volumeMounts``, ...
        items: The list.
    """
    identity = IDENTITIES.get(field, "name")
    names = [item.get(identity) if isinstance(item, dict) else None for item in items]
    return [str(name) for name in names] if all(isinstance(name, (str, int)) for name in names) else None


def iter_children(manifest: Any, field: str = "") -> Iterator[tuple[str, Any]]:
    """Give what a mapping or a list holds, each with the step to it.

    Args:
        manifest: The mapping, the list, or anything else, which holds nothing.
        field: The field that holds it.
    """
    if isinstance(manifest, dict):
        yield from ((step_to(key), value) for key, value in manifest.items())
    elif isinstance(manifest, list):
        names = name_items(field, manifest)
        steps = range(len(manifest)) if names is None else names
        yield from ((f"[{step}]", item) for step, item in zip(steps, manifest, strict=True))


def identify_children(holder: Any, field: str) -> list[tuple[str, str, Any]]:
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
