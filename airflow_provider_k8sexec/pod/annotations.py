"""The annotations in which this package keeps what Airflow's merge would lose, for the pod mutation hook.

``k8sexec/exact`` holds fields whose value the merge takes for unset, ``k8sexec/per-try`` the values of each
step: of amounts, and of where the pod may run. ``k8sexec/at-run-time`` is read and written by
:mod:`airflow_provider_k8sexec.pod.run_time_fields`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_k8sexec.executor_names import ANNOTATION_PREFIX
from airflow_provider_k8sexec.options.after import AFTERS, FAILURE
from airflow_provider_k8sexec.options.auto import HISTORIES
from airflow_provider_k8sexec.options.bounds import LARGEST_ANNOTATIONS, MOST_TRIES
from airflow_provider_k8sexec.options.manifest_parts import worker_of
from airflow_provider_k8sexec.options.per_try import Steps
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from airflow_provider_k8sexec.options.after import After
    from airflow_provider_k8sexec.options.manifests import Manifest

EXACT_ANNOTATION = f"{ANNOTATION_PREFIX}exact"
"""Fields that are lost on their way to the pod, as JSON, for the pod mutation hook to set."""

PER_TRY_ANNOTATION = f"{ANNOTATION_PREFIX}per-try"
"""Values of each step as JSON, for the pod mutation hook to set: of ``memory`` and other resources, and of
``nodeSelector`` and other fields of the spec.

Amounts by the number of the try are a list, ``{"memory": [[request, limit], ...]}``; all others name the
end of a try after which a step is taken, ``{"memory": {"after": "oom", "steps": [[request, limit], ...]}}``.
"""

AT_RUN_TIME_ANNOTATION = f"{ANNOTATION_PREFIX}at-run-time"
"""The sources of fields that are set at a launch, as JSON, for the pod mutation hook to read."""

HISTORY_ANNOTATION = f"{ANNOTATION_PREFIX}history"
"""What earlier runs suggest and why, as JSON by resource, as the pod mutation hook writes it."""

_PLAIN_FIELDS = {
    "spec": frozenset(
        {
            "activeDeadlineSeconds",
            "automountServiceAccountToken",
            "enableServiceLinks",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "hostUsers",
            "priority",
            "setHostnameAsFQDN",
            "shareProcessNamespace",
            "terminationGracePeriodSeconds",
        }
    ),
    "container": frozenset({"stdin", "stdinOnce", "tty"}),
}
"""Fields that hold ``true`` or ``false``, or an integer: Airflow's merge loses ``false`` and 0."""

_REPLACED_WHOLE = {
    "spec": frozenset(
        {"hostAliases", "imagePullSecrets", "nodeSelector", "tolerations", "topologySpreadConstraints"}
    ),
    "container": frozenset(),
}
"""Fields of which Airflow's merge takes the task's, and the template's where the task's is empty."""

_NUMBER = re.compile(r"[0-9]{1,9}\Z")
_PAIR = 2
_MOST_FIELDS = 100
"""Fields with per-try values: there are four of the spec, three amounts, and one for each kind of device."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9./_-]{0,316}\Z")
"""A name of a resource, with its prefix, or of a field; errors, logs and the event log show it."""


def find_exact(pod: Manifest) -> Manifest:
    """Find the fields of a partial pod that Airflow's merge would lose."""
    parts = {"spec": pod["spec"], "container": worker_of(pod)}
    exact = {
        part: {name: value for name, value in holder.items() if is_lost(part, name, value)}
        for part, holder in parts.items()
    }
    return {part: fields for part, fields in exact.items() if fields}


def is_lost(part: str, name: str, value: object) -> bool:
    """Report whether Airflow's merge takes the value of a field for unset.

    Args:
        part: ``spec``, or ``container`` for the worker's.
        name: The field.
        value: Its value.
    """
    if name in _REPLACED_WHOLE[part]:
        return value in ({}, [])
    return name in _PLAIN_FIELDS[part] and isinstance(value, int) and not value


def write_annotation(content: Manifest) -> str:
    """Write what an annotation holds: the same content gives the same bytes."""
    return json.dumps(content, sort_keys=True)


def is_quantity(value: object) -> bool:
    """Report whether a value is a quantity as a manifest has it."""
    try:
        return isinstance(value, str) and bool(Quantity(value))
    except ValueError:
        return False


def read_annotation(annotations: Mapping[str, str], annotation: str) -> Manifest:
    """Read what an annotation holds; what this package cannot have written counts as nothing.

    That includes what is longer than the API server takes: no pod can be launched with it.
    """
    text = annotations.get(annotation, "{}")
    try:
        content = json.loads(text) if len(text) <= LARGEST_ANNOTATIONS else {}
    except (ValueError, TypeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_per_try(pod: Manifest) -> dict[str, Steps]:
    """Read the per-try values that a pod's annotation holds, by field."""
    return read_steps(_annotations(pod))


def read_steps(annotations: Mapping[str, str]) -> dict[str, Steps]:
    """Read the per-try values that annotations hold, by field.

    An author can write such an annotation by hand. What the build cannot have put there counts as nothing.
    """
    if PER_TRY_ANNOTATION not in annotations:
        return {}
    content = read_annotation(annotations, PER_TRY_ANNOTATION)
    if len(content) > _MOST_FIELDS:  # each may cost a record in the event log
        return {}
    read = (_read_field(field, value) for field, value in content.items())
    return {steps.field: steps for steps in read if steps is not None}


def read_try_number(annotations: Mapping[str, str]) -> int:
    """Read the number of the try from what the executor has annotated; 1 where it is none."""
    text = annotations.get("try_number", "")
    return int(text) if _NUMBER.match(text) else 1


def write_steps(per_try_values: Mapping[str, Steps]) -> Manifest:
    """Write per-try values as the annotation has them."""
    return {field: _write_field(steps) for field, steps in per_try_values.items()}


def _write_field(steps: Steps) -> Any:
    values = [*steps.steps]
    if steps.after == FAILURE and not steps.history and steps.field not in _PLACEMENT:
        return values
    history = {"history": steps.history} if steps.history else {}
    return {"after": steps.after, "steps": values, **history}


def _read_field(field: str, written: Any) -> Steps | None:
    form = written if isinstance(written, dict) else {"after": FAILURE, "steps": written}
    after, values, history = form.get("after"), form.get("steps"), form.get("history", "")
    is_known = after in AFTERS and history in HISTORIES and form.keys() <= _KEYS and _NAME.match(field)
    if not is_known or not isinstance(values, list) or not 0 < len(values) <= MOST_TRIES:
        return None
    is_right = _PLACEMENT.get(field, _is_pair)
    if not all(map(is_right, values)):
        return None
    return Steps(field, cast("After", after), tuple(values), history)


def _is_pair(value: object) -> bool:
    if not isinstance(value, list) or len(value) != _PAIR:
        return False
    return all(side is None or is_quantity(side) for side in value)


def _is_selector(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_list_of_tolerations(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_toleration, value))


def _is_toleration(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(item, _TOLERATION.get(key, ())) and not isinstance(item, bool)
        for key, item in value.items()
    )


def _is_affinity(value: object) -> bool:
    kinds = ("nodeAffinity", "podAffinity", "podAntiAffinity")
    return isinstance(value, dict) and all(
        key in kinds and isinstance(item, dict) for key, item in value.items()
    )


def _is_class(value: object) -> bool:
    return value is None or isinstance(value, str)


_KEYS = {"after", "steps", "history"}
_TOLERATION: Mapping[str, type] = {
    "key": str,
    "operator": str,
    "value": str,
    "effect": str,
    "tolerationSeconds": int,
}
_PLACEMENT: Mapping[str, Callable[[object], bool]] = {
    "nodeSelector": _is_selector,
    "tolerations": _is_list_of_tolerations,
    "affinity": _is_affinity,
    "priorityClassName": _is_class,
}


def _annotations(pod: Manifest) -> Mapping[str, str]:
    metadata = pod.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}
