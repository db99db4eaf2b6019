"""The parts of a manifest, whatever shape it has: what does not fit is the matter of rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import CONTAINERS
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.paths import Path


def mapping_of(value: object) -> Mapping[str, Any]:
    """Give a mapping, or an empty one in the place of anything else."""
    return value if isinstance(value, Mapping) else {}


def maps_of(items: object) -> list[Mapping[str, Any]]:
    """Give the mappings of a list; none if it is not a list."""
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def maps_at(path: Path, holder: object, field: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """Give the mappings of a list, each with its path.

    Args:
        path: Where the holder of the list stands.
        holder: A part of a pod, of any shape.
        field: The field that holds the list.
    """
    items = mapping_of(holder).get(field)
    located = enumerate(items) if isinstance(items, list) else ()
    return [((*path, field, index), item) for index, item in located if isinstance(item, Mapping)]


def containers_at(pod: object) -> list[tuple[Path, Mapping[str, Any]]]:
    """Give the containers that a pod is created with, each with its path."""
    spec = mapping_of(pod).get("spec")
    return [found for kind in CONTAINERS for found in maps_at(("spec",), spec, kind)]


def texts_in(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Give every string in a manifest, keys aside, with its path, which begins with ``path``."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(item, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from texts_in(item, (*path, index))


def name_of(item: Mapping[str, Any]) -> str:
    """Give the name of an item of a list; an empty one where it has none that is a string."""
    name = item.get("name")
    return name if isinstance(name, str) else ""


def names_at(pod: object, field: str) -> list[str]:
    """Give the names of the items of a list in a pod's spec: ``volumes``, ``resourceClaims``."""
    return [name_of(item) for item in maps_of(mapping_of(mapping_of(pod).get("spec")).get(field))]


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Report whether an init container is a native sidecar, which runs beside the worker and ends with it.

    Source: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
    """
    return container.get("restartPolicy") == "Always"


def worker_of(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the container that runs the task, in an override or a template; empty if there is none.

    It goes by its name, for such a pod does not have the executor's mark yet. In a pod that the executor has
    merged, where a hook may have renamed the container, ``pod.merge_repair.find_worker`` finds it.
    """
    containers = maps_of(mapping_of(pod.get("spec")).get("containers"))
    return next((item for item in containers if item.get("name") == WORKER_CONTAINER), {})


def literal_of(container: Mapping[str, Any], name: str) -> str | None:
    """Give the value of a variable of a container, as the container has it; ``None`` for a reference."""
    variables = [item for item in maps_of(container.get("env")) if item.get("name") == name]
    value = variables[-1].get("value") if variables else None
    return value if isinstance(value, str) else None


def amounts_of(container: Mapping[str, Any], side: str) -> dict[str, Quantity]:
    """Read one side of a container's resources, as far as they are quantities."""
    given = mapping_of(mapping_of(container.get("resources")).get(side))
    amounts: dict[str, Quantity] = {}
    for name, value in given.items():
        with suppress(ValueError):
            amounts[str(name)] = Quantity(str(value))
    return amounts
