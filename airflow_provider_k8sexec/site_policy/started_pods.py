"""What is wrong with the pods that tasks start: by the site's limits, and probably."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.pod.started import started_request
from airflow_provider_k8sexec.rules import Findings, check_meaning
from airflow_provider_k8sexec.rules.findings import find_path
from airflow_provider_k8sexec.rules.requested_pod.pod_operator import is_template
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import check_gaps, check_site_labels
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

_WHOLE = ("full_pod_spec", "pod_template_file", "pod_template_dict", "container_resources")
_LISTS = ("volumes", "volume_mounts", "env_vars", "env_from", "configmaps", "secrets", "init_containers")


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
    breaches = [*_find_breaches(requested, request.site_requested, rules), *_check_labels(requested, rules)]
    gaps = check_gaps(requested, rules) if requested.template is not None else []
    found = check_meaning(requested, request.deployment) | Findings(breaches, gaps)
    return Findings(_within_pod(found.errors), _within_pod(found.warnings))


def _within_pod(problems: Iterable[Problem]) -> Iterator[Problem]:
    return (problem.within(f"{STARTED_POD}: ") for problem in problems)


def _find_rest(task: Any) -> Manifest | None:
    """Give what the pod is laid over: nothing; ``None`` where Airflow's own arguments add parts to it."""
    arguments = compat.arguments_of(task)
    if any(arguments.get(name) for name in _WHOLE):
        return None
    return None if any(_is_airflows(arguments.get(name)) for name in _LISTS) else {}


def _is_airflows(value: Any) -> bool:
    """Report whether items of a list are Kubernetes's models, or become such."""
    items = value if isinstance(value, (list, tuple)) else ()
    return any(hasattr(type(item), "attribute_map") or hasattr(item, "attach_to_pod") for item in items)


def _find_breaches(requested: RequestedPod, of_site: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    """Find the limits that the pod breaks by what its options set; the whole is checked as it is started."""
    for breach in check_limits(requested, rules, lambda: Traces.of([of_site], rules).as_chosen()):
        if (breach.value is None and requested.template is None) or is_template(str(breach.value)):
            continue
        path = find_path(requested.pod, breach.path)
        has_words = path is not None and breach.rule != "max"
        field = requested.name_path(path) if has_words and path is not None else breach.problem.field
        yield breach.problem._replace(field=field)


def _check_labels(requested: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    for problem in check_site_labels(requested, rules):
        is_unknown = not problem.value and requested.template is None
        if not is_unknown and not is_template(problem.value):
            yield problem
