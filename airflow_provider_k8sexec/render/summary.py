"""The most important fields of a pod, as one row of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest


def summarize(pod: Manifest) -> dict[str, str]:
    """Summarize a worker's merged pod: resources of its try and of later ones, secrets, image, nodes."""
    try_number = int(pod["metadata"]["annotations"]["try_number"])
    return summarize_container(pod, find_worker(pod["spec"]), read_per_try(pod), try_number)


def summarize_container(
    pod: Manifest, worker: Manifest, per_try_values: Mapping[str, Any], try_number: int
) -> dict[str, str]:
    """Summarize a pod by the container of its task.

    Args:
        pod: The pod.
        worker: The container.
        per_try_values: Its amounts in each try, by resource.
        try_number: The try whose pod it is.
    """
    amounts = _write_amounts(worker, per_try_values, try_number)
    gpus = [f"{text} {name}" for name, text in amounts.items() if name.partition("/")[2] == "gpu"]
    selector = pod["spec"].get("nodeSelector") or {}
    return {
        "cpu": amounts.get("cpu", ""),
        "memory": amounts.get("memory", ""),
        "gpu": ", ".join(gpus),
        "secrets": ", ".join(_name_secrets(pod, worker)),
        "image": worker.get("image") or "",
        "node selector": ", ".join(f"{key}={value}" for key, value in selector.items()),
    }


def _write_amounts(worker: Manifest, per_try_values: Mapping[str, Any], try_number: int) -> dict[str, str]:
    """Write the amount of each resource, with those of the tries after the pod's own."""
    sides = [(worker.get("resources") or {}).get(side) or {} for side in SIDES]
    written = {}
    for name in dict.fromkeys([*sides[0], *sides[1], *per_try_values]):
        later = per_try_values.get(name, [])[try_number:]
        tries = [[side.get(name) for side in sides], *later]
        written[name] = ", then ".join(_write_range(*amounts) or "none" for amounts in tries)
    return written


def _write_range(request: object, limit: object) -> str:
    return str(request or "") if request == limit else f"{request or ''}..{limit or ''}"


def _name_secrets(pod: Manifest, worker: Manifest) -> dict[str, None]:
    uses = [use for use in read_secret_uses(pod["spec"], worker) if use.secret]
    return dict.fromkeys(f"{use.secret}/{use.key or '*'}" for use in uses)
