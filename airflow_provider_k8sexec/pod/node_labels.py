"""Which labels the node of a pod has for sure, by what the pod requires of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def find_required_labels(spec: object) -> dict[str, str]:
    """Find the labels that every node has on which a pod can run.

    They are those of its node selector, and those that each term of its required node affinity demands with
    one value. What an affinity excludes, prefers, or leaves to several values names no label; nor does a
    toleration, which allows nodes and requires none.

    Args:
        spec: The spec of a pod, as the API server gives it; of any shape.
    """
    affinity = mapping_of(mapping_of(mapping_of(spec).get("affinity")).get("nodeAffinity"))
    required = mapping_of(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    terms = [_read_term(term) for term in maps_of(required.get("nodeSelectorTerms"))]
    common = (
        [item for item in terms[0].items() if all(item in term.items() for term in terms)] if terms else []
    )
    return {**dict(common), **_read_strings(mapping_of(spec).get("nodeSelector"))}


def _read_term(term: Mapping[str, Any]) -> dict[str, str]:
    """Read what one term demands; its expressions all hold at once."""
    found = {}
    for expression in maps_of(term.get("matchExpressions")):
        values = expression.get("values")
        if expression.get("operator") == "In" and isinstance(values, list) and len(values) == 1:
            found[str(expression.get("key"))] = str(values[0])
    return found


def _read_strings(labels: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in mapping_of(labels).items()}
