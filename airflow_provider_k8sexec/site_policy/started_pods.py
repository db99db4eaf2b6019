"""What is wrong with the pods that tasks start: by the site's limits, and probably."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.options.airflow_forms import split_value
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.pod.started import started_request
from airflow_provider_k8sexec.rules import Findings, check_meaning
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import check_gaps
from airflow_provider_k8sexec.rules.requested_pod.started_limits import check_started_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

_AIRFLOWS = ("full_pod_spec", "pod_template_dict", "container_resources", "volume_mounts", "configmaps")
"""Arguments that only Airflow has, and that add to what the rules look at."""


def validate_started(task: Any, rules: SiteRules) -> Findings:
    """Find everything that is wrong with the pod that a task starts; nothing for a task that starts none.

    What the API server would refuse was an error as the task was made, and what is rendered at run time is
    validated then.

    Args:
        task: A task of a complete DAG, mapped or not.
        rules: The site's rules.
    """
    request = started_request(task)
    if request is None:
        return Findings()
    requested = evolve(request.requested, template=_find_rest(task))
    breaches = check_started_limits(requested, request.site_requested, rules)
    gaps = check_gaps(requested, rules) if requested.template is not None else []
    found = check_meaning(requested, request.deployment) | Findings(breaches, gaps)
    return Findings(_within_pod(found.errors), _within_pod(found.warnings))


def _within_pod(problems: Iterable[Problem]) -> Iterator[Problem]:
    return (problem.within(f"{STARTED_POD}: ") for problem in problems)


def _find_rest(task: Any) -> Manifest | None:
    """Give what the pod is laid over: nothing; ``None`` where Airflow's own arguments add parts to it."""
    arguments = compat.arguments_of(task)
    adds = any(arguments.get(name) for name in _AIRFLOWS) or any(
        split_value(name, arguments[name])[1] is not None for name in POD_OPTIONS & arguments.keys()
    )
    return None if adds else {}
