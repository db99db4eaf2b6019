"""The whole pod of a task, as Airflow lays what the task requests over the pod template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.options.manifests import CONTAINERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.requested_pod import RequestedPod

_APPENDED = frozenset({"env", "envFrom", "volumeMounts", "volumeDevices", "volumes"})


def lay_over_template(requested: RequestedPod) -> RequestedPod:
    """Give the whole pod, as Airflow lays what a task requests over the template.

    Variables, mounts and volumes are appended; of everything else, the task's value replaces the template's
    as a whole. Containers are matched by name here, and by position in Airflow: other rules find where that
    makes a difference.
    Source: ``PodGenerator.reconcile_pods`` of the provider cncf.kubernetes.

    Returns:
        The pod; what the task requests, where the template cannot be read.
    """
    if requested.template is None:
        return requested
    spec = _lay_over(requested.template_spec, requested.spec)
    for kind in CONTAINERS:
        own = {str(item.get("name")): item for item in maps_of(requested.spec.get(kind))}
        below = [
            _lay_over(item, own.pop(str(item.get("name")), {}))
            for item in maps_of(requested.template_spec.get(kind))
        ]
        spec[kind] = [*below, *own.values()]
    of_template = mapping_of(requested.template.get("metadata"))
    metadata = {**of_template, **requested.metadata}
    for names in ("labels", "annotations"):
        metadata[names] = {**mapping_of(of_template.get(names)), **mapping_of(requested.metadata.get(names))}
    return evolve(requested, pod={"metadata": metadata, "spec": spec})


def _lay_over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    laid = {**below, **above}
    for name in _APPENDED & below.keys() & above.keys():
        laid[name] = [*maps_of(below[name]), *maps_of(above[name])]
    return laid
