"""The record of the layer that set each field of a task's part of the pod, which is stored with the DAG.

The API server and the scheduler have the serialised DAG alone, not the DAG file, and could not find this out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import PROVENANCE
from airflow_provider_k8sexec.options.manifests import CONTAINERS, are_mappings
from airflow_provider_k8sexec.options.paths import iter_children, show_path
from airflow_provider_k8sexec.pod.fields import read_strings
from airflow_provider_k8sexec.pod.run_time_fields import mark_later

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.origins import Origin
    from airflow_provider_k8sexec.options.paths import NamedPath, Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


def record_layers(requested: RequestedPod) -> dict[str, str]:
    """Give the layer of each field that another layer than the task has set, by the field's path.

    What has one source (a variable, a volume, a mount, a toleration) is one field; a container is many.
    """
    fields = _iter_fields(requested, mark_later(requested.pod), (), "", requested.origins.get(()))
    return {shown: origin.layer for shown, origin in fields if origin is not None and origin.layer}


def _iter_fields(
    requested: RequestedPod, manifest: Any, path: Path, shown: str, origin: Origin | None
) -> Iterator[tuple[str, Origin | None]]:
    field = str(path[-1]) if path else ""
    is_list = isinstance(manifest, list)
    is_container = len(path) > 1 and path[-2] in CONTAINERS
    keys = range(len(manifest)) if is_list else manifest
    for key, (step, value) in zip(keys, iter_children(manifest, field), strict=True):
        below = (*path, key)
        name = f"{shown}{step}" if step.startswith("[") or not shown else f"{shown}.{step}"
        setter = requested.origins.get(below, origin)
        if (is_list and field not in CONTAINERS) or not _has_fields(value):
            if not (is_container and key == "name") and value is not None and value != []:
                yield name, setter
        else:
            yield from _iter_fields(requested, value, below, name, setter)


def _has_fields(value: Any) -> bool:
    return isinstance(value, dict) or (are_mappings(value) and bool(value))


def read_layers(config: Mapping[str, Any]) -> dict[str, str]:
    """Read the layer that set each field, as it was recorded in an ``executor_config``.

    The record is stored with the DAG, and an author may have written anything there.
    """
    recorded = config.get(PROVENANCE)
    return read_strings(recorded, "layers") if isinstance(recorded, dict) else {}


def find_recorded(path: NamedPath, recorded: Mapping[str, str]) -> str | None:
    """Find who set a field of a task's part, by the record; ``None`` for the task itself."""
    fields = (show_path(path[:end]) for end in range(len(path), 0, -1))
    return next((recorded[field] for field in fields if field in recorded), None)
