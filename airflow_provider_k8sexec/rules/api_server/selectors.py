"""What the API server takes in what selects nodes and pods: affinity, tolerations, spread constraints.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.checks import check_each
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_SUBDOMAIN,
    check_choice,
    check_label_key,
    check_label_value,
)
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.api_server.checks import Check


def _label_requirement(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from _requirement(path, part, ())


def _requirement(path: Path, part: Mapping[str, Any], comparisons: tuple[str, ...]) -> Iterator[Finding]:
    if not {"key", "operator"} <= part.keys():  # the schema has found that
        return
    operator, values = part["operator"], part.get("values") or []
    yield from check_label_key((*path, "key"), part["key"])
    operators = ("In", "NotIn", "Exists", "DoesNotExist", *comparisons)
    yield from check_choice((*path, "operator"), operator, operators)
    here = (*path, "values")
    if operator in {"In", "NotIn"} and not values:
        yield Finding(here, "[]", f"is empty, and {operator!r} needs some", "write them", code="K8S208")
    elif operator in {"Exists", "DoesNotExist"} and values:
        yield Finding(
            here, show(values), f"are given, and {operator!r} takes none", "remove them", code="K8S208"
        )
    elif operator in comparisons and len(values) != 1:
        reason = f"has {len(values)} values, and {operator!r} compares with one"
        yield Finding(here, show(values), reason, "write one number, as a string", code="K8S208")
    yield from check_each(check_label_value)(here, values)


def _node_selector(path: Path, part: Manifest) -> Iterator[Finding]:
    if not part["nodeSelectorTerms"]:
        yield Finding(
            (*path, "nodeSelectorTerms"), "[]", "is empty", "write at least one term", code="K8S208"
        )


def _node_term(path: Path, part: Manifest) -> Iterator[Finding]:
    for here, requirement in maps_at(path, part, "matchExpressions"):
        yield from _requirement(here, requirement, ("Gt", "Lt"))
    for here, requirement in maps_at(path, part, "matchFields"):
        key, values = requirement.get("key"), requirement.get("values") or []
        if key != "metadata.name" or len(values) != 1:
            reason = "is not about a node's name, and nodes cannot be selected by another field"
            yield Finding(here, show(key), reason, "write 'metadata.name' and one value", code="K8S208")
        yield from check_choice((*here, "operator"), requirement.get("operator"), ("In", "NotIn"))
        yield from check_each(DNS_SUBDOMAIN.check)((*here, "values"), values)


def _toleration(path: Path, part: Manifest) -> Iterator[Finding]:
    key, value = part.get("key") or "", part.get("value") or ""
    operator, effect = part.get("operator") or "Equal", part.get("effect")
    yield from check_choice(path, operator, ("Exists", "Equal"))
    if effect:
        yield from check_choice(path, effect, ("NoSchedule", "PreferNoSchedule", "NoExecute"))
    if key:
        yield from check_label_key(path, key)
    elif operator == "Equal":
        reason = "has no key, so it must tolerate all"
        yield Finding(path, show(part), reason, "write operator 'Exists'", code="K8S208")
    if operator == "Exists" and value:
        yield Finding(
            path, show(part), "has a value although any value exists", "remove the value", code="K8S208"
        )
    else:
        yield from check_label_value(path, value)
    if part.get("tolerationSeconds") is not None and effect != "NoExecute":
        reason = "has seconds, which only the effect NoExecute knows"
        yield Finding(path, show(part), reason, "remove them, or write effect 'NoExecute'", code="K8S208")


def _affinity_term(path: Path, part: Manifest) -> Iterator[Finding]:
    if "labelSelector" not in part:
        for name in ("matchLabelKeys", "mismatchLabelKeys"):
            yield from _keys_without_selector((*path, name), part.get(name))


def _keys_without_selector(path: Path, keys: Any) -> Iterator[Finding]:
    if keys:
        yield Finding(
            path,
            show(keys),
            "adds to a labelSelector, and there is none",
            "write 'labelSelector'",
            code="K8S208",
        )


def _spread_constraint(path: Path, part: Manifest) -> Iterator[Finding]:
    if "labelSelector" not in part:
        yield from _keys_without_selector((*path, "matchLabelKeys"), part.get("matchLabelKeys"))
    if "minDomains" in part and part["whenUnsatisfiable"] != "DoNotSchedule":
        reason = f"has no meaning with {show(part['whenUnsatisfiable'])}"
        yield Finding(
            (*path, "minDomains"), show(part["minDomains"]), reason, "write 'DoNotSchedule'", code="K8S208"
        )


SELECTORS: dict[str, Check] = {
    "V1LabelSelectorRequirement": _label_requirement,
    "V1NodeSelector": _node_selector,
    "V1NodeSelectorTerm": _node_term,
    "V1PodAffinityTerm": _affinity_term,
    "V1Toleration": _toleration,
    "V1TopologySpreadConstraint": _spread_constraint,
}
