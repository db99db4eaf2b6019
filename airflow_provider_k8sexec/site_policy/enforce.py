"""The site's word on every task of every DAG, hand-written executor configs included.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

import contextlib
import warnings
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowClusterPolicyViolation
from attrs import evolve, field, frozen

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.site_pods import (
    load_base_traces,
)
from airflow_provider_k8sexec.exceptions import (
    Problem,
    SpecWarning,
    list_problems,
)
from airflow_provider_k8sexec.options.bounds import find_excess
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.options.problems import show_shape
from airflow_provider_k8sexec.options.requested_pod import RequestedPod, lay_over_template
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.executor_config import KNOWN_KEYS, POD_OVERRIDE, ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules import check_declaration, check_requested_errors, check_requested_warnings
from airflow_provider_k8sexec.rules.requested_pod.handwritten import (
    check_executor_config,
    override_of,
    template_of,
)
from airflow_provider_k8sexec.rules.requested_pod.likely_mistakes import check_merge_surprises
from airflow_provider_k8sexec.rules.requested_pod.site_defaults import (
    check_gaps,
    check_site_labels,
    find_missing,
)
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits
from airflow_provider_k8sexec.rules.template_file import check_task_template
from airflow_provider_k8sexec.site.option_table import SECTION
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site.policy_rules import OPTION
from airflow_provider_k8sexec.site_policy.dag_source import find_task_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.site.policy_rules import SiteRules


@frozen
class Verdict:
    """What is wrong with one task.

    Attributes:
        errors: What Airflow or Kubernetes refuses or ignores, and what the site does not allow.
        warnings: What works, and surely not as it was meant.
    """

    errors: list[Problem] = field(factory=list)
    warnings: list[Problem] = field(factory=list)


def apply_policy(task: Any) -> None:
    """Judge a task as Airflow loads its DAG, and say or do what the site's policy is.

    A task of another executor has no pod, and is left alone.

    Raises:
        AirflowClusterPolicyViolation: The policy is ``error`` or ``fix``, and tasks of the DAG have errors;
            all of them are told at once.
        DeploymentError: The site's rules cannot be read.
    """
    settings = load_context().settings
    verdict = validate(task)
    if settings.policy == "warn":
        warn(task, [*verdict.errors, *verdict.warnings])
        return
    if verdict.errors:
        found = {other: validate(other).errors for other in task.dag.tasks}
        raise AirflowClusterPolicyViolation(
            "\n".join(describe(other, errors) for other, errors in found.items() if errors)
        )
    if settings.policy == "fix":
        fix(task)
        verdict = validate(task)
    warn(task, verdict.warnings)


def fix_in_worker(task: Any) -> None:
    """Give a task the site's defaults in its own pod, and never fail there.

    Airflow 2 writes the ``executor_config`` that a worker has back to the database, and launches a retry
    by it.
    """
    with contextlib.suppress(Exception):
        fix(task)


def validate(task: Any) -> Verdict:
    """Find everything that is wrong with what a task asks of its pod.

    Raises:
        DeploymentError: The site's rules cannot be read.
    """
    rules = load_context().rules
    if rules.exempts(task.dag_id, task.task_id) or not load_context().may_have_pod(task):
        return Verdict()
    config = task.executor_config
    excess = None if _is_ours(config) else find_excess(config)  # ours was within bounds when it was made
    if excess is not None:
        problem = Problem("executor_config", show_shape(config), excess, "write less, or remove it")
        return Verdict([problem])
    try:
        errors, found = _judge_config(config, rules)
    except Exception as error:  # noqa: BLE001  # foreign objects may raise anything when they are looked at
        reason = f"cannot be read ({type(error).__name__})"
        remedy = "write {'pod_override': k8s.V1Pod(...)}"
        return Verdict([Problem("executor_config", show_shape(config), reason, remedy)])
    return Verdict(list(dict.fromkeys(errors)), list(dict.fromkeys(found)))


def _judge_config(config: Any, rules: SiteRules) -> tuple[list[Problem], list[Problem]]:
    deployment = load_context().deployment
    requested = read_asked(config)
    errors: list[Problem] = []
    found: list[Problem] = []
    if config and not _is_ours(config):
        declaration = Declaration(
            pod_override=dict(requested.pod), pod_template_file=requested.pod_template_file
        )
        errors += check_executor_config(config)
        errors += (
            check_declaration(declaration, deployment)
            or check_task_template(declaration, deployment, load_context().worker_image)[0]
        )
        found += check_merge_surprises(requested)
    errors += check_requested_errors(requested, deployment.platform)
    errors += _find_breaches(config, requested, rules)
    errors += check_site_labels(requested, rules)
    found += check_requested_warnings(requested, deployment.platform)
    found += check_gaps(requested, rules)
    return errors, found


def _find_breaches(config: Any, requested: RequestedPod, rules: SiteRules) -> Iterator[Problem]:
    """Find the limits that the task's pod would break; what it lacks, a template not known here may have."""

    def load_site() -> Traces:
        of_site = [config.request.site_requested] if _is_ours(config) else []
        of_options = Traces.of(of_site, rules).as_chosen()
        # What a task writes itself is its own, even if the template has the same.
        return (load_base_traces(rules) - Traces.of([requested], rules)) | of_options

    # What the policy `fix` will fill in is not missing.
    filled = Declaration(
        **find_missing(requested, rules) if load_context().settings.policy == "fix" else {}
    ).resources
    for finding in check_limits(lay_over_template(requested), rules, load_site):
        is_missing = finding.value is None
        if not is_missing or (requested.template is not None and finding.path[-1] not in filled):
            yield finding.problem


def read_asked(config: Any) -> RequestedPod:
    """Read what a task requests of its pod, from an ``executor_config`` of this package or another."""
    if _is_ours(config):
        requested: RequestedPod = config.request.requested
    else:
        pod = override_of(config)
        requested = RequestedPod.of_manifest(
            pod, POD_OVERRIDE, pod_template_file=template_of(config), per_try_values=read_per_try(pod)
        )
    path = requested.pod_template_file
    return evolve(requested, template=find_template(path) if path else load_context().template)


def fix(task: Any) -> None:
    """Give a task the site's defaults for what it does not ask for; what it asks for stays as it is.

    Raises:
        DeploymentError: The site's rules cannot be read.
    """
    rules = load_context().rules
    if rules.exempts(task.dag_id, task.task_id) or not load_context().may_have_pod(task):
        return
    config = task.executor_config
    missing = find_missing(read_asked(config), rules)
    if not missing:
        return
    filled = fill_config(config, Declaration(**missing))
    if hasattr(task, "partial_kwargs"):
        task.partial_kwargs["executor_config"] = filled  # https://github.com/apache/airflow/issues/46714
    else:
        task.executor_config = filled


def fill_config(config: Any, defaults: Declaration) -> ExecutorConfig:
    """Lay a config, of this package or of anybody, over defaults for what it does not say.

    Args:
        config: The task's ``executor_config``, right by all rules.
        defaults: What it is to have besides.

    Returns:
        A config of its own; the given one stays as it is, because tasks may share it.
    """
    if _is_ours(config):
        request = config.request
    else:
        by_hand = Declaration(pod_override=override_of(config), pod_template_file=template_of(config))
        others = {key: item for key, item in dict.items(config) if key not in KNOWN_KEYS}
        request = TaskRequest((), [("", by_hand)], load_context().deployment, others)
    return ExecutorConfig.of(request.with_defaults(f"[{SECTION}] {OPTION}", defaults))


def warn(task: Any, problems: Iterable[Problem]) -> None:
    """Warn of problems, with the DAG file and the task's line as their place."""
    found = list(problems)
    if found:
        path = task.dag.fileloc
        line = find_task_line(path, task) or 1
        warnings.warn_explicit(describe(task, found), SpecWarning, path, line)


def describe(task: Any, problems: list[Problem]) -> str:
    """List the problems of a task, one a line, under its name."""
    return list_problems(problems, f"the pod of task {task.task_id!r} of DAG {task.dag_id!r}")


def _is_ours(config: object) -> bool:
    return isinstance(config, ExecutorConfig) and config.is_as_declared
