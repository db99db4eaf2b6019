"""The site's limits: how much, which image, which account, which namespace, which nodes, how secure.

They hold for what a task requests as its DAG is loaded, and for its pod as it is launched. What the site
itself has set is no breach: the pod template of all tasks, ``[k8sexec]``, and what a hook has changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, mapping_of, maps_at, maps_of
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.rules.findings import Breach, by_name
from airflow_provider_k8sexec.rules.requested_pod.maximum import Amount, find_excess
from airflow_provider_k8sexec.rules.requested_pod.pod_security import check_pod_security
from airflow_provider_k8sexec.site.policy_rules import SiteRules, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.options.paths import NamedPath

_NAME = 2
"""Where a path has the name of a container or volume: ``("spec", "containers", "[base]", ...)``."""

_ACCOUNTS = ("serviceAccountName", "serviceAccount")
_CODES = {
    "images": "K8S602",
    "service_accounts": "K8S603",
    "namespaces": "K8S604",
    "node_selectors": "K8S605",
}


@frozen
class Traces:
    """What could break a limit in some pods.

    Attributes:
        findings: Fields that a rule forbids.
        amounts: What containers request.
        chosen: What they request by options and profiles of the site, which a task may choose.
    """

    findings: frozenset[Breach] = frozenset()
    amounts: frozenset[Amount] = frozenset()
    chosen: frozenset[Amount] = frozenset()

    @classmethod
    def of(cls, pods: Iterable[RequestedPod], rules: SiteRules) -> Traces:
        """Look for them in pods, each by itself, and in every step of each."""
        given = [step for pod in pods for step in (pod, *pod.variants())]
        return cls(
            frozenset(finding for pod in given for finding in _find_forbidden(pod, rules)),
            frozenset(amount for pod in given for amount in _amounts_in(pod)),
        )

    def set_values(self) -> Traces:
        """Give the traces without what the pods lack, which has no author."""
        return evolve(self, findings=frozenset(found for found in self.findings if found.value is not None))

    def as_chosen(self) -> Traces:
        """Give the traces of what a task may choose: its amounts are no addition to the maximum."""
        return Traces(self.set_values().findings, chosen=self.amounts)

    def __or__(self, other: Traces) -> Traces:
        """Give the traces of both."""
        return Traces(
            self.findings | other.findings, self.amounts | other.amounts, self.chosen | other.chosen
        )

    def __sub__(self, other: Traces) -> Traces:
        """Give the traces that the other has not."""
        return evolve(self, findings=self.findings - other.findings, amounts=self.amounts - other.amounts)


def check_limits(
    pod: RequestedPod,
    rules: SiteRules,
    load_site: Callable[[], Traces],
    before_hooks: RequestedPod | None = None,
) -> list[Breach]:
    """Find what the site does not allow, and has not set itself.

    Args:
        pod: The whole pod, with the template that it was laid over.
        rules: The site's rules.
        load_site: Looks into what the site itself requests; called only where something seems to be wrong.
        before_hooks: Of a pod that is launched, what it was before the site's hooks changed it.
    """
    found = list(_find_forbidden(pod, rules))
    if not found and not list(_check_amounts(pod, rules, lambda _: True, frozenset())):
        return []
    site, before = load_site(), None if before_hooks is None else Traces.of([before_hooks], rules)

    earlier = {_wiped(finding) for finding in before.findings} if before else set()

    def is_of_task(finding: Breach) -> bool:
        return finding not in site.findings and (before is None or _wiped(finding) in earlier)

    def counts(amount: Amount) -> bool:
        return amount not in site.amounts and (before is None or amount in before.amounts)

    return [*_check_amounts(pod, rules, counts, site.chosen), *filter(is_of_task, found)]


def _wiped(finding: Breach) -> tuple[str, NamedPath, str]:
    """Give a finding without the names of containers and volumes, which a hook may change."""
    path = tuple(step for index, step in enumerate(finding.path) if index != _NAME or step[:1] != "[")
    return finding.rule, path, str(finding.value)


def _find_forbidden(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    yield from _find_unreadable(pod, rules)
    yield from _find_lost_limits(pod, rules)
    for rule in (_check_images, _check_accounts, _check_namespace, _check_nodes):
        yield from rule(pod, rules)
    if rules.pod_security is not None:
        yield from check_pod_security(pod, rules.pod_security)


def _amounts_in(pod: RequestedPod) -> Iterator[Amount]:
    containers = [container for _, container in pod.every_container()]
    for holder in [pod.spec, *containers]:  # the pod as a whole may request resources as containers do
        name = str(holder.get("name") or "")
        for side in SIDES:
            for resource, amount in amounts_of(holder, side).items():
                yield Amount(name, side, resource, amount)
    for resource in pod.per_try_values:
        for side in SIDES:
            for amount in pod.amounts_of_tries(resource, side):
                yield Amount(WORKER_CONTAINER, side, resource, amount)


def _check_amounts(
    pod: RequestedPod, rules: SiteRules, counts: Callable[[Amount], bool], chosen: frozenset[Amount]
) -> Iterator[Breach]:
    """Find the resources of which the pod requests more than the site's maximum, or its profile by itself."""

    def is_chosen(amount: Amount) -> bool:
        return amount in chosen and counts(amount)

    most = {resource: bounds.limit for resource, bounds in rules.max.resources.items()}
    for excess in find_excess(pod, most, counts, is_chosen):
        path = _worker_path("resources", excess.side, excess.resource)
        problem = excess.describe(f"is above the site's maximum, {excess.most}")
        yield Breach("max", path, excess.amount.text, problem)


def _find_unreadable(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    """Find amounts that cannot be read, and so cannot be held against a maximum: Kubernetes may read them."""
    holders = [(("spec",), pod.spec), *((by_name(*found), found[1]) for found in pod.every_container())]
    for path, holder in holders:
        for side in SIDES:
            given = mapping_of(mapping_of(holder.get("resources")).get(side))
            unread = given.keys() - amounts_of(holder, side).keys()
            for resource in rules.max.resources.keys() & unread:
                reason, remedy = "cannot be read as an amount", "write for example 1 or '512Mi'"
                # Request and limit of one option are one problem, so it names the resource alone.
                problem = Problem(resource, show(given[resource]), reason, remedy, code="K8S601")
                yield Breach("max", (*path, "resources", side, resource), given[resource], problem)


def _find_lost_limits(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    """Find the limits of the template that a task drops, for Airflow replaces ``resources`` as a whole."""
    template = RequestedPod({"spec": pod.template_spec})
    # A limit of the pod as a whole is no substitute for the worker's: older servers drop it.
    after = amounts_of(pod.worker, "limits")
    of_template = amounts_of(template.worker, "limits"), amounts_of(template.spec, "limits")
    for resource in rules.max.resources:
        for below, above in zip(
            of_template, (after, {**amounts_of(pod.spec, "limits"), **after}), strict=True
        ):
            if resource in below and resource not in above:
                reason = f"is missing, so that the pod template's, {below[resource].text!r}, does not hold"
                problem = Problem(f"{resource} limit", "", reason, "request a limit as well", code="K8S601")
                yield Breach("max", _worker_path("resources", "limits", resource), None, problem)
                break


def _worker_path(*steps: str) -> NamedPath:
    return ("spec", "containers", f"[{WORKER_CONTAINER}]", *steps)


def _check_images(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    for path, container in pod.every_container():
        place = (*by_name(path, container), "image")
        yield from _check_allowed("images", place, "image", container.get("image"), rules.images)
    for path, volume in maps_at(("spec",), pod.spec, "volumes"):
        place = (*by_name(path, volume), "image", "reference")
        image = mapping_of(volume.get("image")).get("reference")
        yield from _check_allowed("images", place, "image", image, rules.images)


def _check_accounts(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    # The older name is still read by the API server.
    allowed = rules.service_accounts
    for name in _ACCOUNTS:
        account = pod.spec.get(name)
        yield from _check_allowed("service_accounts", ("spec", name), "service account", account, allowed)
    if pod.template_spec.get("serviceAccountName") and not any(map(pod.spec.get, _ACCOUNTS)):
        for finding in _check_allowed("service_accounts", ("spec", _ACCOUNTS[0]), "", "default", allowed):
            reason = "is missing, so that the pod would act as 'default', which the site does not allow"
            problem = Problem("service account", "", reason, finding.problem.remedy, code="K8S603")
            yield evolve(finding, value=None, problem=problem)


def _check_namespace(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    path, namespace = ("metadata", "namespace"), pod.metadata.get("namespace")
    yield from _check_allowed("namespaces", path, "namespace", namespace, rules.namespaces)


def _check_nodes(pod: RequestedPod, rules: SiteRules) -> Iterator[Breach]:
    """Find the nodes that are requested, by selector, by affinity or by name."""
    if not rules.node_selectors:
        return
    for key, value in mapping_of(pod.spec.get("nodeSelector")).items():
        path = ("spec", "nodeSelector", f"[{key}]")
        yield from _check_node_label(path, "node selector", str(key), value, rules)
    if pod.spec.get("nodeName"):
        name = pod.spec["nodeName"]
        problem = Problem(
            "node name", show(name), "passes over the scheduler", "write a node selector", code="K8S605"
        )
        yield Breach("node_selectors", ("spec", "nodeName"), name, problem)
    affinity = mapping_of(mapping_of(pod.spec.get("affinity")).get("nodeAffinity"))
    required = _required_terms(affinity)
    for expression in _expressions([*required, *_preferred_terms(affinity)]):
        yield from _check_node_expression(expression, rules)
    # A node has to fit one of the terms, so what holds for it is what each of them requires.
    held = [{str(item.get("key")) for item in _expressions([term])} for term in required]
    requested = {*mapping_of(pod.spec.get("nodeSelector")), *(set.intersection(*held) if held else ())}
    for key in mapping_of(pod.template_spec.get("nodeSelector")).keys() - requested:
        if _values_of(str(key), rules):
            reason = "is missing, so that the pod template's does not hold"
            problem = Problem(f"node selector {key}", "", reason, "give the label as well", code="K8S605")
            yield Breach("node_selectors", ("spec", "nodeSelector", f"[{key}]"), None, problem)


def _check_node_label(
    path: NamedPath, field: str, key: str, value: object, rules: SiteRules
) -> Iterator[Breach]:
    allowed = _values_of(key, rules)
    if allowed:
        yield from _check_allowed("node_selectors", path, f"{field} {key}", value, allowed)
    else:
        yield from _check_allowed("node_selectors", path, field, key, tuple(rules.node_selectors))


def _values_of(key: str, rules: SiteRules) -> tuple[str, ...]:
    """Give the values that the site allows of a label; none where it does not allow the label."""
    found = (values for pattern, values in rules.node_selectors.items() if matches(key, (pattern,)))
    return tuple(value for values in found for value in values)


def _required_terms(affinity: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    required = mapping_of(affinity.get("requiredDuringSchedulingIgnoredDuringExecution"))
    return maps_of(required.get("nodeSelectorTerms"))


def _preferred_terms(affinity: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    preferred = maps_of(affinity.get("preferredDuringSchedulingIgnoredDuringExecution"))
    return [mapping_of(item.get("preference")) for item in preferred]


def _expressions(terms: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for term in terms:
        yield from maps_of(term.get("matchExpressions"))
        yield from maps_of(term.get("matchFields"))


def _check_node_expression(expression: Mapping[str, Any], rules: SiteRules) -> Iterator[Breach]:
    """An expression requests labels that the site allows, by their values."""
    path = ("spec", "affinity", "nodeAffinity", f"[{json.dumps(expression, sort_keys=True, default=str)}]")
    key, values = str(expression.get("key")), expression.get("values")
    if _values_of(key, rules) and expression.get("operator") != "In":
        operator = expression.get("operator")
        reason = "requests nodes by something else than the values that the site allows"
        problem = Problem(
            f"node affinity {key}", show(operator), reason, "write the operator In", code="K8S605"
        )
        yield Breach("node_selectors", path, operator, problem)
        return
    for value in values if isinstance(values, list) and _values_of(key, rules) else [None]:
        yield from _check_node_label(path, "node affinity", key, value, rules)


def _check_allowed(
    rule: str, path: NamedPath, field: str, value: object, allowed: tuple[str, ...]
) -> Iterator[Breach]:
    if allowed and value is not None and not matches(str(value), allowed):
        reason = "is not one that the site allows"
        problem = Problem(field, show(value), reason, f"choose from {', '.join(allowed)}", _CODES[rule])
        yield Breach(rule, path, value, problem)
