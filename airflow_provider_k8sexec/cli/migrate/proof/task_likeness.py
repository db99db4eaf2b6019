"""Whether two tasks are alike but for their pods, by what Airflow serialises of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import airflow_provider_k8sexec
from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.attach import starts_pod
from airflow_provider_k8sexec.authoring.misread import class_of
from airflow_provider_k8sexec.authoring.started_arguments import POD_ARGUMENTS
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.started import HELD_AS, find_started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_PARTIAL = "partial_kwargs"
_OF_CLASS = frozenset({"task_type", "_task_type", "_task_module", "_operator_name"})
_OF_WORKER = frozenset({EXECUTOR_CONFIG, HELD_AS})
_OF_STARTED_POD = _OF_WORKER | POD_ARGUMENTS | POD_OPTIONS
_OF_PLACE = frozenset({"dag", "task_group", "default_args"})
"""Arguments that a task has by where it is made: what they come to is in its other attributes."""


def find_other_difference(before: Any, after: Any) -> str | None:
    """Find what besides the pods differs between two tasks; ``None`` where nothing does.

    Args:
        before: A task, as it is made by the file as it is.
        after: The task of the same name, as it is made by the rewritten file.

    Returns:
        A sentence that names the attribute; its values are not shown.
    """
    first, second = class_of(before), class_of(after)
    if not _is_same_class(first, second):
        return f"its operator is {first.__name__} before, and {second.__name__} after."
    is_held = any(find_started(task) is not None for task in (before, after))
    ignored = _OF_STARTED_POD if is_held else _OF_WORKER
    differing = _find_unequal(before, after, ignored)
    if differing is not None:  # which may be an object that equals itself alone
        differing = _find_unequal_serialized(before, after, ignored, differing)
    if differing is None and starts_pod(first):
        differing = _find_unequal_argument(before, after, ignored)
    return None if differing is None else f"its {differing} differs."


def _is_same_class(before: type, after: type) -> bool:
    """Report whether two classes are the same, or the second this package's form of the first."""
    name = (before.__module__, before.__qualname__)
    own = after.__module__.startswith(f"{airflow_provider_k8sexec.__name__}.")
    return any((base.__module__, base.__qualname__) == name for base in (after.__mro__ if own else [after]))


def _find_unequal(before: Any, after: Any, ignored: frozenset[str]) -> str | None:
    """Find the first attribute that is not equal, without serialising: that takes twenty times as long."""
    fields: set[str] = {*before.get_serialized_fields(), *before.template_fields, *after.template_fields}
    names = fields - ignored
    names |= {getattr(before, "_expand_input_attr", "task_id")}
    for name in sorted(names - {_PARTIAL}):
        if not _is_equal(getattr(before, name, None), getattr(after, name, None)):
            return name
    partial = [getattr(task, _PARTIAL, {}) for task in (before, after)]
    return next(_iter_unequal(*(_without(kwargs, ignored) for kwargs in partial)), None)


def _find_unequal_serialized(before: Any, after: Any, ignored: frozenset[str], otherwise: str) -> str | None:
    left_out = ignored | _OF_CLASS
    try:
        first, second = (_without(compat.serialize_task(task), left_out) for task in (before, after))
    except Exception:  # noqa: BLE001  # the values are of foreign classes
        return otherwise
    partial = [_without(task.pop(_PARTIAL, None) or {}, left_out) for task in (first, second)]
    return next(_iter_unequal(first, second), None) or next(_iter_unequal(*partial), None)


def _find_unequal_argument(before: Any, after: Any, ignored: frozenset[str]) -> str | None:
    """Compare the arguments of an operator that starts a pod, most of which Airflow does not serialise."""
    left_out = ignored | _OF_PLACE
    given = [_without(compat.arguments_of(task), left_out) for task in (before, after)]
    return next(_iter_unequal(*given), None)


def _iter_unequal(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *after]):
        if not _is_equal(before.get(name), after.get(name)):
            yield name


def _without(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}


def _is_equal(before: Any, after: Any) -> bool:
    """Report whether two values are equal; functions that are made anew go by their names."""
    if before is after:
        return True
    names: list[str | None] = [getattr(value, "__qualname__", None) for value in (before, after)]
    if names[0] is not None and callable(before) and callable(after):
        return names[0] == names[1]
    try:
        return bool(before == after)
    except Exception:  # noqa: BLE001  # as above
        return False
