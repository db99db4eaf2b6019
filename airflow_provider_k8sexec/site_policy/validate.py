"""What is wrong with the pod of a task, requested by options or by a hand-written ``executor_config``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import evolve

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.coordinators import check_coordinator, find_coordinator
from airflow_provider_k8sexec.context.unapplied import check_executor
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_OVERRIDE
from airflow_provider_k8sexec.options.airflow_merge import lay_over_template
from airflow_provider_k8sexec.options.bounds import describe_excess
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.options.problems import show_shape
from airflow_provider_k8sexec.options.requested_pod import WORKER, RequestedPod
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.run_time_fields import read_later_of
from airflow_provider_k8sexec.rules import (
    Findings,
    check_config,
    check_meaning,
    check_surroundings,
    explain_templates,
)
from airflow_provider_k8sexec.rules.findings import find_path
from airflow_provider_k8sexec.rules.requested_pod.amended import check_amended
from airflow_provider_k8sexec.rules.requested_pod.handwritten import override_of, template_of
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import (
    check_gaps,
    check_site_labels,
    find_missing,
)
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site_policy.started_pods import validate_started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.context.coordinators import Coordinator
    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.rules.findings import Breach
    from airflow_provider_k8sexec.site.policy_rules import SiteRules


def validate(task: Any) -> Findings:
    """Find everything that is wrong with what a task requests of its pods: the worker, and what it starts.

    Raises:
        ConfigurationError: The site's rules have mistakes.
    """
    rules = load_context().rules
    if rules.exempts(task.dag_id, task.task_id):
        return Findings()
    of_worker = _validate_worker(task, rules) if load_context().may_have_pod(task) else Findings()
    return of_worker | validate_started(task, rules)


def _validate_worker(task: Any, rules: SiteRules) -> Findings:
    config = task.executor_config
    # Ours was within bounds when it was made.
    excess = None if is_declared(config) else describe_excess(config)
    if excess is not None:
        problem = Problem(
            EXECUTOR_CONFIG, show_shape(config), excess, "write less, or remove it", code="K8S311"
        )
        return Findings([problem])
    try:
        return _check(config, rules, find_coordinator(getattr(task, "queue", None)))
    except Exception as error:  # noqa: BLE001  # foreign objects may raise anything when they are looked at
        reason = f"cannot be read ({type(error).__name__})"
        remedy = "write {'pod_override': k8s.V1Pod(...)}"
        return Findings([Problem(EXECUTOR_CONFIG, show_shape(config), reason, remedy, code="K8S311")])


def validate_executor(task: Any, context: SiteContext) -> Findings:
    """Find pod options that do nothing: an error where the site requires a KubernetesExecutor for them.

    Args:
        task: A task of a DAG, mapped or not.
        context: The site.

    Raises:
        ConfigurationError: The site's rules have mistakes.
    """
    problem = check_executor(task, context)
    if problem is None:
        return Findings()
    return Findings([problem]) if requires_executor(task, context) else Findings([], [problem])


def requires_executor(task: Any, context: SiteContext) -> bool:
    """Report whether the site requires a KubernetesExecutor where a task has pod options.

    Raises:
        ConfigurationError: The site's rules have mistakes.
    """
    rules = context.rules
    return rules.require_executor and not rules.exempts(task.dag_id, task.task_id)


def _check(config: Any, rules: SiteRules, coordinator: Coordinator | None) -> Findings:
    deployment = load_context().deployment
    requested = read_requested(config, coordinator)
    by_hand = check_config(config, requested) if config and not is_declared(config) else Findings()
    image = (coordinator and coordinator.image) or load_context().worker_image
    around = check_surroundings(requested, deployment, image).errors
    breaches = [*_find_breaches(config, requested, rules), *check_site_labels(requested, rules)]
    unread = check_coordinator(requested, coordinator)
    left_out = [] if load_context().is_on("amend_pods") else [*check_amended(requested)]
    of_site = Findings([*around, *breaches], [*unread, *left_out, *check_gaps(requested, rules)])
    found = by_hand | check_meaning(requested, deployment) | of_site
    return explain_templates(found, WORKER)


def _find_breaches(config: Any, requested: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    """Find the limits that the task's pod would break; what it lacks, a template not known here may have."""

    def load_site(pod: RequestedPod) -> Traces:
        of_site = [config.request.site_requested] if is_declared(config) else []
        of_options = Traces.of(of_site, rules).as_chosen()
        # What a task writes itself is its own, even if the template has the same.
        return (load_context().base_traces - Traces.of([pod], rules)) | of_options

    # What the policy `fix` will fill in is not missing.
    filled = Declaration(
        **find_missing(requested, rules) if load_context().settings.policy == "fix" else {}
    ).resources
    for pod in (requested, *requested.variants()):
        for breach in check_limits(lay_over_template(pod), rules, partial(load_site, pod)):
            is_missing = breach.value is None
            if not is_missing or (pod.template is not None and breach.path[-1] not in filled):
                yield _in_words_of_author(breach, pod)


def _in_words_of_author(breach: Breach, requested: RequestedPod) -> Problem:
    """Name what the task wrote as it did; what it lacks, and sums, have Kubernetes's words."""
    path = find_path(requested.pod, breach.path)
    if path is None or breach.rule == "max":
        return breach.problem
    # The site does not allow the label itself, whatever its value is.
    is_of_key = "nodeSelector" in path and breach.value == path[-1]
    name = requested.name_holder if is_of_key else requested.name_path
    return breach.problem._replace(field=name(path))


def read_requested(config: Any, coordinator: Coordinator | None = None) -> RequestedPod:
    """Read what a task requests of its pod, from an ``executor_config`` of this package or another.

    Args:
        config: The ``executor_config``.
        coordinator: That of the task's queue.
    """
    if is_declared(config):
        requested: RequestedPod = config.request.requested
    else:
        pod = override_of(config)
        requested = RequestedPod.of_manifest(
            pod,
            POD_OVERRIDE,
            pod_template_file=template_of(config),
            per_try_values=read_per_try(pod),
            run_time=read_later_of(pod).values,
        )
    path = (coordinator and coordinator.template) or requested.pod_template_file
    return evolve(requested, template=find_template(path) if path else load_context().template)


def is_declared(config: object) -> bool:
    """Recognise an ``executor_config`` that this package made of pod options, unchanged since."""
    return isinstance(config, ExecutorConfig) and config.is_as_declared
