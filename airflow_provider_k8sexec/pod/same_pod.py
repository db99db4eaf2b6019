"""Whether two pods are the same, to Kubernetes and to the task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifests import CONTAINERS, are_mappings
from airflow_provider_k8sexec.options.paths import show_path, step_to
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.shown import is_shown
from airflow_provider_k8sexec.pod.normal_form import (
    normalise_merged,
    normalise_override,
    write_canonically,
)
from airflow_provider_k8sexec.pod.volume_uses import USES, VOLUME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath

_NOT_THERE = object()


def find_difference(before: Manifest, after: Manifest) -> str | None:
    """Find the first field in which two merged pods differ; ``None`` where they are the same.

    Args:
        before: A pod as it is launched.
        after: Another one.

    Returns:
        A sentence that names the field. It has the values only where everyone may see those of that field.
    """
    return describe_difference(normalise_merged(before), normalise_merged(after))


def find_difference_of_overrides(before: Manifest, after: Manifest) -> str | None:
    """Find the first field in which two overrides differ; ``None`` where they make the same pods.

    Args:
        before: What a task requests of its pod, before it is merged with a pod template.
        after: The same of another task.
    """
    return describe_difference(normalise_override(before), normalise_override(after))


def describe_difference(before: Manifest, after: Manifest) -> str | None:
    """Find the first field in which two normal forms differ, and describe it in a sentence."""
    return next(_compare(before, after, (), ""), None)


def _compare(before: Any, after: Any, path: NamedPath, key: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            step = f"[{name}]" if key in USES or key == "env" else step_to(name)
            here = (*path, step)
            yield from _compare(before.get(name, _NOT_THERE), after.get(name, _NOT_THERE), here, name)
    elif key in CONTAINERS and _are_alike(before, after):
        for first, second in zip(before, after, strict=True):
            yield from _compare(first, second, (*path, f"[{first.get('name')}]"), "")
    elif before is _NOT_THERE or after is _NOT_THERE:
        yield f"{show_path(path)} is only in the pod {'after' if before is _NOT_THERE else 'before'}."
    elif write_canonically(before) != write_canonically(after):
        values = [_show(value) for value in (before, after)] if is_shown(_field_of(path)) else []
        are_scalar = values and None not in values
        what = f"is {values[0]} before, and {values[1]} after" if are_scalar else "differs"
        yield f"{show_path(path)} {what}."


def _are_alike(before: Any, after: Any) -> bool:
    """Report whether two lists of containers can be compared one by one."""
    if not (are_mappings(before) and are_mappings(after)):
        return False
    return [item.get("name") for item in before] == [item.get("name") for item in after]


def _field_of(path: NamedPath) -> str:
    """Give the path of the field as Kubernetes has it: a volume stands in the spec, and not in a mount."""
    if VOLUME in path:
        path = ("spec", "volumes", *path[path.index(VOLUME) + 1 :])
    return show_path(path)


def _show(value: Any) -> str | None:
    """Write an amount, a name or a choice; ``None`` for what is no single value."""
    if isinstance(value, Quantity):
        return show(value.text)
    return show(value) if isinstance(value, (str, int, float)) else None
