"""The annotations in which this package keeps what Airflow's merge would lose, for the pod mutation hook.

``k8sexec/exact`` holds fields whose value the merge takes for unset, ``k8sexec/per-try`` the amounts of
each try. ``k8sexec/at-run-time`` is read and written by :mod:`airflow_provider_k8sexec.pod.run_time_fields`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.executor_names import ANNOTATION_PREFIX
from airflow_provider_k8sexec.options.manifest_parts import worker_of
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest

EXACT_ANNOTATION = f"{ANNOTATION_PREFIX}exact"
"""Fields that are lost on their way to the pod, as JSON, for the pod mutation hook to set."""

PER_TRY_ANNOTATION = f"{ANNOTATION_PREFIX}per-try"
"""Amounts of each try by resource, ``[request, limit]``, as JSON, for the pod mutation hook to set."""

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


def resolve_step(steps: object, try_number: str) -> list[str | None] | None:
    """Choose the request and limit of a try; ``None`` where there are none, or not such."""
    if not isinstance(steps, list) or not steps:
        return None
    number = int(try_number) if _NUMBER.match(try_number) else 1
    step = steps[min(max(number, 1), len(steps)) - 1]
    is_pair = isinstance(step, list) and len(step) == _PAIR
    return step if is_pair and all(side is None or is_quantity(side) for side in step) else None


def is_quantity(value: object) -> bool:
    """Report whether a value is a quantity as a manifest has it."""
    try:
        return isinstance(value, str) and bool(Quantity(value))
    except ValueError:
        return False


def read_annotation(annotations: Mapping[str, str], annotation: str) -> Manifest:
    """Read what an annotation holds; what this package cannot have written counts as nothing."""
    try:
        content = json.loads(annotations.get(annotation, "{}"))
    except (ValueError, TypeError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def read_per_try(pod: Manifest) -> Manifest:
    """Read the amounts of each try that a pod's annotation holds, ``[request, limit]`` by resource."""
    return read_annotation(_annotations(pod), PER_TRY_ANNOTATION)


def _annotations(pod: Manifest) -> Mapping[str, str]:
    metadata = pod.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return annotations if isinstance(annotations, dict) else {}
