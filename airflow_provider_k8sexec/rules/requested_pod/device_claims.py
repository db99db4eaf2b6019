"""Whether the claims of devices that containers use are declared in the pod.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import (
    containers_at,
    maps_at,
    name_of,
    names_at,
)
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


_DECLARED = "resourceClaims"


def check_template_claims(template: Manifest) -> Iterator[Finding]:
    """Every claim that a container of a template uses is declared there."""
    yield from _check_claims(template, names_at(template, _DECLARED), "")


def check_claims(requested: RequestedPod) -> Iterator[Finding]:
    """Every claim that a container uses is declared, here or in the template.

    Airflow's merge replaces the list of the template as a whole.
    """
    declared = names_at(requested.pod, _DECLARED)
    if declared or requested.template is None:
        where = " here"
    else:
        where, declared = ", neither here nor in the pod template", names_at(requested.template, _DECLARED)
    yield from _check_claims(requested.pod, declared, where)


def _check_claims(pod: Mapping[str, Any], declared: list[str], where: str) -> Iterator[Finding]:
    for path, container in containers_at(pod):
        for here, claim in maps_at((*path, "resources"), container.get("resources"), "claims"):
            name = name_of(claim)
            if name and name not in declared:
                nearest = find_nearest(name, filter(None, declared))
                reason = f"is the claim of a device, and none of that name is declared{where}"
                remedy = "declare it under resourceClaims" if nearest is None else f"write {show(nearest)}"
                yield Finding((*here, "name"), show(name), reason, remedy, code="K8S309")
