"""What a task asks of its pod, whoever wrote it: the partial pod, and the template that it is laid over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.quantity import Quantity

if TYPE_CHECKING:
    from airflow_provider_k8sexec.spec.manifests import Manifest

SIDES = ("requests", "limits")


@frozen
class AskedPod:
    """What a task asks of its pod.

    Its parts can be read whatever shape the pod has: what does not fit is other rules' matter.

    Attributes:
        pod: The partial pod that Airflow lays over the template; empty where nothing is asked for.
        pod_template_file: The task's own template, if it has one.
        template: The pod template, where it can be read in this process.
        ladders: The worker's amounts of each try by resource, ``[request, limit]``.
    """

    pod: Manifest
    pod_template_file: str | None = None
    template: Manifest | None = None
    ladders: Mapping[str, Any] = field(factory=dict)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What is asked of the pod's metadata."""
        return mapping_of(self.pod.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """What is asked of the pod's spec."""
        return mapping_of(self.pod.get("spec"))

    @property
    def worker(self) -> Mapping[str, Any]:
        """The container that runs the task."""
        return worker_of(self.pod)

    @property
    def template_spec(self) -> Mapping[str, Any]:
        """The template's spec; empty where it cannot be read."""
        return mapping_of((self.template or {}).get("spec"))

    def containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that run at the same time: the worker, and what runs beside it."""
        sidecars = [item for item in self.init_containers() if item.get("restartPolicy") == "Always"]
        return [*maps_of(self.spec.get("containers")), *sidecars]

    def init_containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that start before the worker, native sidecars among them."""
        return maps_of(self.spec.get("initContainers"))

    def volumes(self) -> list[Mapping[str, Any]]:
        """Give the pod's own volumes."""
        return maps_of(self.spec.get("volumes"))

    def total(self, resource: str, side: str) -> Quantity | None:
        """Add up what all containers ask of a resource, in the try that asks for most of it.

        Args:
            resource: The resource in Kubernetes's words: ``cpu``, ``ephemeral-storage``.
            side: ``requests`` or ``limits``.

        Returns:
            The amount; ``None`` where no container asks for it.
        """
        amounts = [amounts_of(item, side).get(resource) for item in self.containers() if item != self.worker]
        amounts.append(max(self._amounts_of_worker(resource, side), default=None))
        given = [amount for amount in amounts if amount is not None]
        if len(given) == 1:
            return given[0]
        return Quantity(f"{sum((amount.number for amount in given), Decimal()):f}") if given else None

    def _amounts_of_worker(self, resource: str, side: str) -> Iterator[Quantity]:
        first = amounts_of(self.worker, side).get(resource)
        if first is not None:
            yield first
        rungs = self.ladders.get(resource)
        for rung in rungs if isinstance(rungs, list) else ():
            with suppress(ValueError, LookupError, TypeError):  # a note that is not of this package
                yield Quantity(rung[SIDES.index(side)])


def worker_of(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the container of a pod that runs the task; empty if there is none."""
    containers = maps_of(mapping_of(pod.get("spec")).get("containers"))
    return next((item for item in containers if item.get("name") == WORKER_CONTAINER), {})


def amounts_of(container: Mapping[str, Any], side: str) -> dict[str, Quantity]:
    """Read one side of a container's resources, as far as they are quantities."""
    given = mapping_of(mapping_of(container.get("resources")).get(side))
    amounts: dict[str, Quantity] = {}
    for name, value in given.items():
        with suppress(ValueError):
            amounts[str(name)] = Quantity(str(value))
    return amounts


def mapping_of(value: object) -> Mapping[str, Any]:
    """Give a mapping, or an empty one in the place of anything else."""
    return value if isinstance(value, Mapping) else {}


def maps_of(items: object) -> list[Mapping[str, Any]]:
    """Give the mappings of a list; none if it is not a list."""
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []


def texts_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Give every text in a manifest, keys aside, with the way to it, which begins with ``path``."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts_in(item, f"{path}[{key!r}]")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from texts_in(item, f"{path}[{index}]")
