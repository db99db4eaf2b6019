"""The annotation ``k8sexec/at-run-time``: which fields of a pod are set as it is launched, and from what.

The partial pod of a task lacks these fields. The annotation is written by the process that parses the DAG
file, which runs the author's code, so the launch reads it as untrusted input.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.options.assembly import WORKER
from airflow_provider_k8sexec.options.bounds import LONGEST_NAME
from airflow_provider_k8sexec.options.declaration import parse_defaults
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, mapping_of, worker_of
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.resource_names import COMPUTE_RESOURCES, DEVICES
from airflow_provider_k8sexec.options.run_time import (
    ABSENT,
    RETURN_VALUE,
    FromParam,
    FromXCom,
    RunTimeValue,
    describe_later,
    to_json,
)
from airflow_provider_k8sexec.options.run_time_forms import RUN_TIME_OPTIONS
from airflow_provider_k8sexec.options.run_time_places import MAPPINGS, Place
from airflow_provider_k8sexec.pod.annotations import AT_RUN_TIME_ANNOTATION, read_annotation
from airflow_provider_k8sexec.pod.fields import read_field, read_strings, write_field
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.option_parts import write_bounds

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

MOST_VALUES = 100
"""The most values that one pod reads at its launch."""

WHOLE = "..."
"""The key under which a mapping is shown that is known later as a whole."""

_ALONE = "alone"
_RESOURCES, _NODE_SELECTOR = "resources", "nodeSelector"
_FIELDS = {"node_selector": ("spec", _NODE_SELECTOR), "labels": ("metadata", "labels")}


@frozen
class LaterFields:
    """What of a pod is known later.

    Attributes:
        values: The sources, by the place that the value has in the options.
        alone: The fields of which Airflow's merge takes the task's or the template's as a whole, and of which
            the task sets nothing else: the template's values are removed, as they would be by known ones.
    """

    values: Mapping[Place, RunTimeValue] = field(factory=dict)
    alone: frozenset[str] = frozenset()


def find_later(pod: Manifest, values: Mapping[Place, RunTimeValue]) -> LaterFields:
    """Find what is to be known of the fields of a partial pod that are set later.

    Args:
        pod: The partial pod.
        values: The sources.
    """
    options = {option for option, *_ in values}
    worker, spec = worker_of(pod), mapping_of(pod.get("spec"))
    alone = set()
    if options & {*COMPUTE_RESOURCES, DEVICES} and not any(amounts_of(worker, side) for side in SIDES):
        alone.add(_RESOURCES)
    if "node_selector" in options and not spec.get(_NODE_SELECTOR):
        alone.add(_NODE_SELECTOR)
    return LaterFields(values, frozenset(alone))


def write_later(later: LaterFields) -> Manifest:
    """Write the content of the annotation."""
    if not later.values:
        return {}
    entries = [_write_entry(place, value) for place, value in later.values.items()]
    return {"values": entries, _ALONE: sorted(later.alone)}


def _write_entry(place: Place, value: RunTimeValue) -> Manifest:
    option, *keys = place
    entry: Manifest = {"option": option, **({"key": keys[0]} if keys else {})}
    if isinstance(value, FromParam):
        entry["from_param"] = value.name
    else:
        entry["from_xcom"] = value.task_id
        if value.key != RETURN_VALUE:
            entry["xcom_key"] = value.key
    for name in ("default", "declared"):
        default = getattr(value, name, ABSENT)
        if default is not ABSENT:
            entry[name] = to_json(default)
    if value.kept:
        entry["kept"] = [*value.kept]
    return entry


def read_later(annotations: Mapping[str, str]) -> LaterFields:
    """Read the annotation; what this package cannot have written counts as nothing."""
    content = read_annotation(annotations, AT_RUN_TIME_ANNOTATION)
    entries, alone = content.get("values"), content.get(_ALONE)
    if not isinstance(entries, list) or not isinstance(alone, list) or len(entries) > MOST_VALUES:
        return LaterFields()
    read = [_read_entry(entry) for entry in entries if isinstance(entry, dict)]
    values = dict(entry for entry in read if entry is not None)
    return LaterFields(values, frozenset(name for name in (_RESOURCES, _NODE_SELECTOR) if name in alone))


def read_later_of(pod: Manifest) -> LaterFields:
    """Read the annotation of a pod's manifest."""
    return read_later(mapping_of(mapping_of(pod.get("metadata")).get("annotations")))


def _read_entry(entry: Mapping[str, Any]) -> tuple[Place, RunTimeValue] | None:
    option, key, kept = entry.get("option"), entry.get("key"), entry.get("kept", [])
    if option not in RUN_TIME_OPTIONS or not (_is_name(key) or (key is None and option != DEVICES)):
        return None
    if key is not None and option not in (*MAPPINGS, DEVICES):
        return None
    if not isinstance(kept, list) or not all(map(_is_name, kept)):
        return None
    default = entry.get("default", ABSENT)
    place = (option,) if key is None else (option, key)
    if _is_name(entry.get("from_param")):
        declared = entry.get("declared", ABSENT)
        return place, FromParam(entry["from_param"], default, declared, kept)
    xcom_key = entry.get("xcom_key", RETURN_VALUE)
    if _is_name(entry.get("from_xcom")) and _is_name(xcom_key):
        return place, FromXCom(entry["from_xcom"], xcom_key, default, kept)
    return None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_NAME


def set_later(pod: Any, declared: Declaration, alone: frozenset[str]) -> None:
    """Set the fields of a merged pod whose values are known now, in place.

    Args:
        pod: The pod: a model, or a manifest.
        declared: The values, and nothing else.
        alone: As in :class:`LaterFields`.
    """
    worker = find_worker(read_field(pod, "spec"))
    amounts = {name: write_bounds(name, bounds) for name, bounds in declared.resources.items()}
    _set_amounts(worker, amounts, is_alone=_RESOURCES in alone)
    if declared.image is not None:
        write_field(worker, "image", declared.image)
    for option, (holder, name) in _FIELDS.items():
        part, values = read_field(pod, holder), getattr(declared, option)
        present = {} if name in alone else read_field(part, name)
        if values:
            write_field(part, name, {**(present if isinstance(present, Mapping) else {}), **values})


def set_defaults(pod: Any) -> None:
    """Set the fields of a merged pod to the defaults of what is known later, in place; without, they lack."""
    later = read_later(read_strings(read_field(pod, "metadata"), "annotations"))
    if later.values:
        set_later(pod, parse_defaults(later.values)[0], later.alone)


def _set_amounts(worker: Any, amounts: Mapping[str, list[str | None]], *, is_alone: bool) -> None:
    if worker is None or not any(amount for pair in amounts.values() for amount in pair):
        return  # a device count of 0, as one that is written
    resources = read_field(worker, _RESOURCES) or {}
    for index, side in enumerate(SIDES):
        present = read_field(resources, side)
        kept = {} if is_alone or not isinstance(present, Mapping) else present
        others = {name: amount for name, amount in kept.items() if name not in amounts}
        own = {name: pair[index] for name, pair in amounts.items() if pair[index] is not None}
        write_field(resources, side, {**others, **own})
    write_field(worker, _RESOURCES, resources)


def mark_later(pod: Manifest) -> Manifest:
    """Write into a copy of a pod's manifest what of it is known later, and from what: ``<at run time: ...>``.

    Args:
        pod: A pod that is not launched yet, or a layer of one.
    """
    later, containers = read_later_of(pod), mapping_of(pod.get("spec")).get("containers")
    worker = find_worker(pod.get("spec"))
    if not later.values or worker is None:
        return pod
    own: Manifest = {**worker}
    others = [own if item is worker else item for item in containers or ()]
    marked: Manifest = {
        **pod,
        "metadata": {**pod["metadata"]},
        "spec": {**pod["spec"], "containers": others},
    }
    for place, value in later.values.items():
        _mark(marked, own, place, describe_later(value))
    return marked


def _mark(pod: Manifest, worker: Manifest, place: Place, text: str) -> None:
    option, *keys = place
    if option == "image":
        worker["image"] = text
    elif option in _FIELDS:
        holder, name = _FIELDS[option]
        pod[holder][name] = {**mapping_of(pod[holder].get(name)), keys[0] if keys else WHOLE: text}
    else:
        resource = keys[0] if keys else COMPUTE_RESOURCES[option]
        resources = mapping_of(worker.get(_RESOURCES))
        sides = {side: {**mapping_of(resources.get(side)), resource: text} for side in SIDES}
        worker[_RESOURCES] = {**resources, **sides}


def list_paths(place: Place) -> list[Path]:
    """List the paths in a partial pod that a value has, once it is known."""
    option, *keys = place
    if option == "image":
        return [(*WORKER, "image")]
    if option in _FIELDS:
        return [(*_FIELDS[option], keys[0] if keys else WHOLE)]
    resource = keys[0] if keys else COMPUTE_RESOURCES[option]
    return [(*WORKER, _RESOURCES, side, resource) for side in SIDES]
