"""The site's own rules: how much, which image, which account, where, and with which labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem, show
from airflow_provider_k8sexec.rules.asked import SIDES, AskedPod, amounts_of, mapping_of, maps_of
from airflow_provider_k8sexec.spec.site_rules import AMOUNTS, SiteRules, matches

if TYPE_CHECKING:
    from collections.abc import Iterator


def find_violations(asked: AskedPod, rules: SiteRules) -> list[Problem]:
    """Find what the site does not allow."""
    return [problem for rule in _RULES for problem in rule(asked, rules)]


def find_missing(asked: AskedPod, rules: SiteRules) -> dict[str, Any]:
    """Find the amounts that the site has a default for, and the task does not ask for.

    A task with a pod template of its own has its amounts there.

    Returns:
        The defaults, by the names that they have in a ``Declaration``.
    """
    if asked.pod_template_file is not None:
        return {}
    missing: dict[str, Any] = {}
    given = {name for side in SIDES for name in amounts_of(asked.worker, side)}
    for option in AMOUNTS:
        default = getattr(rules.default, option)
        names = set(default) if option == "gpu" and default else {option.replace("_", "-")}
        if default and not names & given:
            missing[option] = default
    return missing


def find_gaps(asked: AskedPod, rules: SiteRules) -> list[Problem]:
    """Find the amounts that the site has a default for, and the task does not ask for."""
    remedy = "ask for it, or let the site set [k8sexec] policy = fix"
    return [
        Problem(option, "", "is not asked for, and the site has a default for it", remedy)
        for option in find_missing(asked, rules)
    ]


def _check_most(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    for resource, bounds in rules.max.resources.items():
        most = bounds.limit
        for side in reversed(SIDES):
            amount = asked.total(resource, side)
            if most is not None and amount is not None and amount > most:
                reason = f"is above the site's maximum, {most}"
                field = f"{resource} {side[:-1]}"
                yield Problem(field, show(amount.text), reason, f"ask for at most '{most}'")


def _check_images(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    if not rules.images:
        return
    for container in [*maps_of(asked.spec.get("containers")), *asked.init_containers()]:
        yield from _check_allowed("image", container.get("image"), rules.images)


def _check_service_account(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    yield from _check_allowed("service account", asked.spec.get("serviceAccountName"), rules.service_accounts)


def _check_namespace(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    yield from _check_allowed("namespace", asked.metadata.get("namespace"), rules.namespaces)


def _check_node_selector(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    if not rules.node_selectors:
        return
    for key, value in mapping_of(asked.spec.get("nodeSelector")).items():
        if key in rules.node_selectors:
            yield from _check_allowed(f"node selector {key}", value, rules.node_selectors[key])
        else:
            yield from _check_allowed("node selector", key, tuple(rules.node_selectors))


def _check_allowed(field: str, value: object, allowed: tuple[str, ...]) -> Iterator[Problem]:
    if allowed and value is not None and not matches(str(value), allowed):
        reason = "is not one that the site allows"
        yield Problem(field, show(value), reason, f"choose from {', '.join(allowed)}")


def _check_labels(asked: AskedPod, rules: SiteRules) -> Iterator[Problem]:
    below = mapping_of(mapping_of((asked.template or {}).get("metadata")).get("labels"))
    labels = {**below, **mapping_of(asked.metadata.get("labels"))}
    for name, patterns in rules.required_labels.items():
        if name not in labels:
            value = next((pattern for pattern in patterns if "*" not in pattern), "...")
            remedy = f"give the pod a label {name}={value}"
            yield Problem(f"label {name}", "", "is missing, and the site requires it", remedy)
        else:
            yield from _check_allowed(f"label {name}", labels[name], patterns)


_RULES = (
    _check_most,
    _check_images,
    _check_service_account,
    _check_namespace,
    _check_node_selector,
    _check_labels,
)
