"""The site's limits and labels, for a pod that a task starts: as its DAG is parsed, and as it is started.

Airflow's own arguments may add parts to such a pod, so what its options lack may be there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.jinja import is_template
from airflow_provider_k8sexec.rules.findings import find_path
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import check_site_labels
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.site.policy_rules import SiteRules


def check_started_limits(
    requested: RequestedPod, of_site: RequestedPod, rules: SiteRules
) -> Iterator[Problem]:
    """Find what the site does not allow of a pod that a task starts.

    Args:
        requested: What its pod options request; its template is ``None`` where other parts may be added.
        of_site: What the site itself requests of it.
        rules: The site's rules.
    """
    for pod in (requested, *requested.variants()):
        yield from _check_step(pod, of_site, rules)
    for problem in check_site_labels(requested, rules):
        if (problem.value or requested.template is not None) and not is_template(problem.value):
            yield problem


def _check_step(requested: RequestedPod, of_site: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    has_all = requested.template is not None
    for breach in check_limits(requested, rules, lambda: Traces.of([of_site], rules).as_chosen()):
        if (breach.value is None and not has_all) or is_template(str(breach.value)):
            continue
        path = find_path(requested.pod, breach.path)
        is_field = path is not None and breach.rule != "max"
        name = requested.name_path(path) if is_field and path is not None else breach.problem.field
        yield breach.problem._replace(field=name)
