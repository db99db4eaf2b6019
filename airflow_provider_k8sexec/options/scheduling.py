"""Where a pod may run: which tainted nodes it tolerates, and how pods are spread.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
"""

from __future__ import annotations

import re
from typing import Literal

from attrs import frozen

from airflow_provider_k8sexec.options.manifests import Manifest, present, to_manifest
from airflow_provider_k8sexec.options.problems import name_arguments, refusal, repr_fields
from airflow_provider_k8sexec.options.readers import parse_list, parse_manifest

Effect = Literal["NoSchedule", "PreferNoSchedule", "NoExecute"]
_KUBECTL = re.compile(r"(?P<key>[^=:]+)(?:=(?P<value>[^=:]*))?(?::(?P<effect>[^=:]*))?\Z")


@name_arguments
@frozen
class Toleration:
    """A taint that the pod tolerates.

    Attributes:
        key: The taint's key; every key if not given.
        value: The taint's value; any value if not given.
        effect: ``"NoSchedule"``, ``"PreferNoSchedule"`` or ``"NoExecute"``; every effect if not given.
        toleration_seconds: How long the pod stays once a ``NoExecute`` taint is set; for good if not given.
    """

    key: str | None = None
    value: str | None = None
    effect: Effect | None = None
    toleration_seconds: int | None = None

    __repr__ = repr_fields


def parse_tolerations(field: str, value: object) -> list[Manifest]:
    """Read tolerations as values, as manifests, or in kubectl's form: ``"gpu=true:NoSchedule"``.

    Raises:
        SpecError: The value is not a list, or an item is none of these.
    """
    return parse_list(field, value, "tolerations", "'gpu=true:NoSchedule'", _parse_toleration)


def parse_spread_constraints(field: str, value: object) -> list[Manifest]:
    """Read topology spread constraints, as models or manifests.

    Raises:
        SpecError: The value is not a list, or an item is neither.
    """
    example = "{'maxSkew': 1, 'topologyKey': 'topology.kubernetes.io/zone', ...}"
    return parse_list(field, value, "topology spread constraints", example, parse_manifest)


def _parse_toleration(field: str, item: object) -> Manifest:
    match = _KUBECTL.match(item) if isinstance(item, str) else None
    if match:
        item = Toleration(match["key"], match["value"], match["effect"])  # type: ignore[arg-type]  # a rule validates it
    manifest = _build_toleration(item) if isinstance(item, Toleration) else to_manifest(item)
    if isinstance(manifest, dict):
        return manifest
    raise refusal(field, item, "is not a toleration", "write for example 'gpu=true:NoSchedule'")


def _build_toleration(item: Toleration) -> Manifest:
    return present(
        key=item.key,
        operator="Exists" if item.value is None else "Equal",
        value=item.value,
        effect=item.effect,
        tolerationSeconds=item.toleration_seconds,
    )
