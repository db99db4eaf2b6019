"""What the site requires of every task's pod: amounts that it has a default for, and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.manifest_parts import amounts_of, mapping_of
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.resource_names import AMOUNT_OPTIONS, option_of
from airflow_provider_k8sexec.site.policy_rules import SiteRules, matches

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.requested_pod import RequestedPod


def find_missing(requested: RequestedPod, rules: SiteRules) -> dict[str, Any]:
    """Find the amounts that the site has a default for, and the task does not request.

    A task with a pod template of its own has its amounts there.

    Returns:
        The defaults, by the names that they have in a ``Declaration``.
    """
    if requested.pod_template_file is not None:
        return {}
    missing: dict[str, Any] = {}
    given = {name for side in SIDES for name in amounts_of(requested.worker, side)}
    for option in AMOUNT_OPTIONS:
        names = {name for name in rules.default.resources if option_of(name) == option}
        is_later = any(place[0] == option for place in requested.run_time)
        if names and not names & given and not is_later:
            missing[option] = getattr(rules.default, option)
    return missing


def check_gaps(requested: RequestedPod, rules: SiteRules) -> list[Problem]:
    """Find the amounts that the site has a default for, and the task does not request."""
    remedy = "request it, or let the site set [k8sexec] policy = fix"
    return [
        Problem(option, "", "is not requested, and the site has a default for it", remedy, code="K8S608")
        for option in find_missing(requested, rules)
    ]


def check_site_labels(requested: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    """Find the labels that the site requires, and the pod has not or has with other values."""
    below = mapping_of(mapping_of((requested.template or {}).get("metadata")).get("labels"))
    labels = {**below, **mapping_of(requested.metadata.get("labels"))}
    for name, patterns in rules.required_labels.items():
        if ("labels", name) in requested.run_time or ("labels",) in requested.run_time:
            continue  # the launch checks it
        if name not in labels:
            value = next((pattern for pattern in patterns if "*" not in pattern), "...")
            remedy = f"give the pod a label {name}={value}"
            yield Problem(f"label {name}", "", "is missing, and the site requires it", remedy, code="K8S607")
        elif not matches(str(labels[name]), patterns):
            remedy = f"choose from {', '.join(patterns)}"
            yield Problem(
                f"label {name}", show(labels[name]), "is not one that the site allows", remedy, code="K8S607"
            )
