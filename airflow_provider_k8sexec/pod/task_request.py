"""What a task requests of its pod: the layers, what they declare together, and the pod, built once."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.options.declaration import (
    NOTHING,
    parse_declaration,
    parse_defaults,
    resolve_layers,
)
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD, WORKER
from airflow_provider_k8sexec.options.run_time_places import write_stand_ins
from airflow_provider_k8sexec.pod.authors import Authors
from airflow_provider_k8sexec.pod.executor_config import TASK
from airflow_provider_k8sexec.pod.manifest import add_defaults, build_override, build_requested_pod
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration, Layers
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


class TaskRequest:
    """What a task requests of its pod.

    Attributes:
        outer: What the site declares, profile included, by layer, the outermost first.
        inner: What the DAG, its task groups and the task declare, likewise.
        deployment: Where the pod is to run.
        others: Keys of the ``executor_config`` that are another executor's.
        kind: Which of the task's pods it is.
    """

    kind = WORKER

    def __init__(
        self,
        outer: Layers,
        inner: Layers,
        deployment: Deployment,
        others: Mapping[str, Any] | None = None,
        requested: RequestedPod | None = None,
    ) -> None:
        """Hold what is declared.

        Args:
            outer: What the site declares, profile included, by layer, the outermost first.
            inner: What the DAG, its task groups and the task declare, likewise.
            deployment: Where the pod is to run.
            others: Keys of the ``executor_config`` that are another executor's.
            requested: The pod, where it has been built already.
        """
        self.outer, self.inner = tuple(outer), tuple(inner)
        self.deployment = deployment
        self.others = dict(others or {})
        self._requested = requested

    @classmethod
    def alone(cls, declared: Declaration) -> TaskRequest:
        """Make a request of one declaration by itself: of no known author, and of no known deployment."""
        return cls([("", declared)], (), Deployment())

    @property
    def layers(self) -> Layers:
        """What the declaration is made of, the outermost first."""
        return (*self.outer, *self.inner)

    @cached_property
    def declaration(self) -> Declaration:
        """What all layers declare together."""
        return resolve_layers(declared for _, declared in self.layers)

    @property
    def requested(self) -> RequestedPod:
        """The pod; policy, serialisation and the record of layers share this one, and never change it."""
        if self._requested is None:
            built = build_requested_pod(self.declaration, self.deployment, self.layers)
            self._requested = built if self.kind == WORKER else evolve(built, kind=self.kind)
        return self._requested

    @property
    def override(self) -> RequestedPod:
        """What the hand-written overrides of all layers are together: options hide mistakes of theirs."""
        return evolve(build_override(self.layers), kind=self.kind)

    @property
    def authors(self) -> Authors:
        """Who set what is declared."""
        return Authors(self.layers)

    @property
    def assumed(self) -> TaskRequest:
        """What is requested where values that are known later have their defaults, of no known author."""
        run_time = self.declaration.run_time
        stand_ins, _ = parse_declaration(write_stand_ins(run_time))
        defaults, _ = parse_defaults(run_time)
        known = evolve(resolve_layers([self.declaration, stand_ins, defaults]), run_time={})
        return type(self)([("", known)], (), self.deployment)

    @property
    def has_outer_layers(self) -> bool:
        """Whether a layer besides the task requests something of the pod."""
        return any(layer and declared.concerns_pod for layer, declared in self.layers)

    @property
    def site_requested(self) -> RequestedPod:
        """What the site alone requests, its profile included."""
        declaration = resolve_layers(declared for _, declared in self.outer)
        return evolve(build_requested_pod(declaration, self.deployment, self.outer), kind=self.kind)

    def with_defaults(self, layer: str, defaults: Declaration) -> TaskRequest:
        """Add defaults for what the pod lacks; the pod that is built already is added to."""
        outer = (*self.outer, (layer, defaults))
        filled = add_defaults(self.requested, defaults, self.deployment, layer)
        return type(self)(outer, self.inner, self.deployment, self.others, filled)

    def grow(self) -> Iterator[tuple[str, Manifest]]:
        """Build the partial pod of ever more layers: each with the name of its innermost one."""
        declaring = [(layer, declared) for layer, declared in self.layers if declared is not NOTHING]
        declaration = NOTHING
        for layer, declared in declaring:
            declaration = resolve_layers([declaration, declared])
            yield layer or TASK, build_requested_pod(declaration, self.deployment).pod


class StartedPodRequest(TaskRequest):
    """What a task requests of the pod that it starts, which other rules hold for."""

    kind = STARTED_POD
