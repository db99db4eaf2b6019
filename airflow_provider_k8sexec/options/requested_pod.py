"""What a task requests of its pod, whoever wrote it: the partial pod, who set each part, and the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from attrs import field as attr_field

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import (
    containers_at,
    is_sidecar,
    mapping_of,
    maps_at,
    maps_of,
    name_of,
    worker_of,
)
from airflow_provider_k8sexec.options.manifests import CONTAINER_KINDS, SIDES
from airflow_provider_k8sexec.options.origins import Origin
from airflow_provider_k8sexec.options.placement_steps import OF_SPEC
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.options.per_try import Steps
    from airflow_provider_k8sexec.options.run_time import RunTimeValue
    from airflow_provider_k8sexec.options.run_time_places import Place

WORKER = "worker"
"""The kind of the pod that runs a task, which the KubernetesExecutor launches."""

STARTED_POD = "started pod"
"""The kind of the pod that a task starts, as a KubernetesPodOperator does, with the author's image."""


@frozen
class RequestedPod:
    """What a task requests of its pod.

    Its parts can be read whatever shape the pod has: what does not fit is other rules' matter.

    Attributes:
        pod: The partial pod that Airflow lays over the template; empty where nothing is requested.
        pod_template_file: The task's own template, if it has one.
        template: The pod template, where it can be read in this process.
        per_try_values: What differs between tries, by the worker's resource or the field of the spec.
        run_time: Where values come from that are known later, by their places in the options.
        origins: Who set what, by the path in ``pod``; an origin holds for all below its path that has no
            origin of its own.
        kind: Which of a task's pods it is; which rules hold for it depends on that.
        step_origins: Who set the parts of where the pod may run in a step, by field and step.
    """

    pod: Manifest
    pod_template_file: str | None = None
    template: Manifest | None = None
    per_try_values: Mapping[str, Steps] = attr_field(factory=dict)
    run_time: Mapping[Place, RunTimeValue] = attr_field(factory=dict)
    origins: Mapping[Path, Origin] = attr_field(factory=dict, repr=False)
    kind: str = WORKER
    step_origins: Mapping[tuple[str, int], Mapping[Path, Origin]] = attr_field(factory=dict, repr=False)

    @classmethod
    def of_manifest(cls, pod: Manifest, words: str, layer: str = "", **others: Any) -> RequestedPod:
        """Take a hand-written manifest: an override, or a template.

        Args:
            pod: The manifest.
            words: What its author calls it: ``pod_override``.
            layer: The layer that it comes from; empty for the task itself.
            **others: The other attributes.
        """
        return cls(pod, origins={(): Origin(layer, words)}, **others)

    def origin_of(self, path: Path) -> Origin | None:
        """Give the origin of a part of the pod: by the longest prefix of its path whose origin is known."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]].part(path[length:])
        parts = (origin for part, origin in self.origins.items() if path and part[:-1] == path)
        held = {origin.holder for origin in parts if origin.steps}
        # Such as `labels`, of which each key has an origin.
        return held.pop() if len(held) == 1 else None

    def name_path(self, path: Path) -> str:
        """Write a path as the author of the part would: ``volumes['/d']['emptyDir']['sizeLimit']``."""
        return str(self.origin_of(path) or (Origin("", str(path[0]), path[1:]) if path else ""))

    def name_holder(self, path: Path) -> str:
        """Write the mapping whose key a path ends with, as its author would."""
        origin = self.origin_of(path)
        return self.name_path(path[:-1]) if origin is None else str(origin.holder)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What is requested of the pod's metadata."""
        return mapping_of(self.pod.get("metadata"))

    @property
    def spec(self) -> Mapping[str, Any]:
        """What is requested of the pod's spec."""
        return mapping_of(self.pod.get("spec"))

    @property
    def worker(self) -> Mapping[str, Any]:
        """The container that runs the task."""
        return worker_of(self.pod)

    @property
    def worker_path(self) -> Path:
        """The path of the container that runs the task; of the first, where none is the worker's."""
        located = maps_at(("spec",), self.spec, "containers")
        paths = [path for path, container in located if container.get("name") == WORKER_CONTAINER]
        return paths[0] if paths else ("spec", "containers", 0)

    @property
    def template_spec(self) -> Mapping[str, Any]:
        """The template's spec; empty where it cannot be read."""
        return mapping_of((self.template or {}).get("spec"))

    def template_container(self, container: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the template's container that has the name of another; empty where there is none."""
        named = (item for _, item in containers_at(self.template) if name_of(item) == name_of(container))
        return next(named, {}) if name_of(container) else {}

    def containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that run at the same time: the worker, and what runs beside it."""
        return [*maps_of(self.spec.get("containers")), *filter(is_sidecar, self.init_containers())]

    def init_containers(self) -> list[Mapping[str, Any]]:
        """Give the containers that start before the worker, native sidecars among them."""
        return maps_of(self.spec.get("initContainers"))

    def every_container(self) -> list[tuple[Path, Mapping[str, Any]]]:
        """Give the containers of all kinds, each with its path: the rules about one hold for them all."""
        return [found for kind in CONTAINER_KINDS for found in maps_at(("spec",), self.spec, kind)]

    def volumes(self) -> list[Mapping[str, Any]]:
        """Give the pod's own volumes."""
        return maps_of(self.spec.get("volumes"))

    def amounts_of_tries(self, resource: str, side: str) -> Iterator[Quantity]:
        """Give the worker's amounts of a resource in each step that has one, where they differ."""
        found = self.per_try_values.get(resource)
        for step in found.steps if found is not None and resource not in OF_SPEC else ():
            amount = step[SIDES.index(side)]
            if amount is not None:
                yield Quantity(amount)

    def variants(self) -> Iterator[RequestedPod]:
        """Give the pod with where it may run in each later step; steps after the same end go together.

        The amounts are those of the first step: rules about them look at all steps at once.
        """
        placement = [steps for field, steps in self.per_try_values.items() if field in OF_SPEC]
        for after in dict.fromkeys(steps.after for steps in placement):
            fields = [steps for steps in placement if steps.after == after]
            for index in range(1, max(len(steps.steps) for steps in fields)):
                yield self._in_step(fields, index)

    def _in_step(self, fields: Iterable[Steps], index: int) -> RequestedPod:
        spec, origins = dict(self.spec), dict(self.origins)
        for steps in fields:
            path = ("spec", steps.field)
            spec[steps.field] = steps.at(index)
            of_step = self.step_origins.get((steps.field, min(index, len(steps.steps) - 1)))
            if of_step is not None:
                others = {known: origin for known, origin in origins.items() if known[:2] != path}
                origins = {**others, **of_step}
        pod = {**self.pod, "spec": {key: value for key, value in spec.items() if value not in (None, {}, [])}}
        amounts = {field: steps for field, steps in self.per_try_values.items() if field not in OF_SPEC}
        return evolve(self, pod=pod, origins=origins, per_try_values=amounts, step_origins={})
