"""Enforces the site's limits on a pod as it is launched, whoever set its fields.

The policy checks what a DAG file requests as the file is parsed, in a process that runs the author's code.
This check runs in the scheduler, so an annotation, the amount of a later try or a task's own template cannot
evade it. Source: Airflow does not trust DAG authors with more than their tasks,
https://airflow.apache.org/docs/apache-airflow/stable/security/security_model.html
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import asdict

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.launch.hourly_log import describe_error, warn_hourly
from airflow_provider_k8sexec.launch.refused_pod import PodRefusedError, refuse_pod
from airflow_provider_k8sexec.options.airflow_merge import lay_over_template
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.options.manifests import CONTAINERS, to_manifest
from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.options.shown import show_at
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.executor_config import TASK
from airflow_provider_k8sexec.pod.fields import read_field, read_strings
from airflow_provider_k8sexec.pod.layer_record import find_recorded, read_layers
from airflow_provider_k8sexec.pod.pod_try import parse_try
from airflow_provider_k8sexec.rules.requested_pod.handwritten import override_of, template_of
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits
from airflow_provider_k8sexec.site.option_table import ENFORCED, OPTIONS, SECTION
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site.policy_rules import OPTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.rules.findings import Breach
    from airflow_provider_k8sexec.site.policy_rules import SiteRules

_logger = logging.getLogger(__name__)
_NOT_LIMITED = frozenset({"env", "envFrom", "managedFields", "volumeMounts"})
"""Fields that no limit concerns, left out for speed: a chart's template has dozens of variables."""

_REASON = "Refused by the site's policy"


def load_limits(pod: V1Pod) -> SiteRules | None:
    """Load the rules that are enforced for a pod.

    Returns:
        The rules; ``None`` where the policy enforces none.

    Raises:
        PodRefusedError: They cannot be read.
    """
    if _load_policy() not in ENFORCED:
        return None
    try:
        rules = load_context().rules
    except K8sExecError as error:
        remedy = f"correct {OPTION} in [{SECTION}]; `k8sexec doctor` shows what is wrong"
        raise _refuse(pod, [("the site's rules cannot be read", remedy)]) from error
    return rules if rules.has_limits else None


def load_enforced_rules() -> SiteRules | None:
    """Load the site's rules where the policy enforces them.

    Raises:
        ConfigurationError: They cannot be read.
    """
    return load_context().rules if _load_policy() in ENFORCED else None


def _load_policy() -> str | None:
    try:
        return load_context().settings.policy
    except K8sExecError:  # a setting is wrong, maybe the policy itself; the dag-processor reports it
        # A policy that cannot be read is taken for the strictest: a typo must not switch the limits off.
        policy = _compat.load_option(SECTION, "policy")
        return policy if policy in {None, "", *OPTIONS["policy"].choices} else "error"


def dump_pod(pod: V1Pod) -> Manifest:
    """Convert the parts of a pod that limits may concern to a manifest.

    Raises:
        PodRefusedError: The pod cannot be converted.
    """
    try:
        manifest: Manifest = to_manifest(pod, _NOT_LIMITED)
    except Exception as error:
        raise _refuse_odd(pod, error) from error
    return manifest


def enforce_limits(pod: V1Pod, rules: SiteRules, before_hooks: Manifest | None) -> None:
    """Refuse a pod that violates the site's limits.

    Args:
        pod: The pod as all hooks have left it.
        rules: The site's rules.
        before_hooks: The pod before the site's hooks changed it: what they set is the site's own.

    Raises:
        PodRefusedError: It violates a limit, or cannot be checked against them.
    """
    manifest, queued = dump_pod(pod), _QueuedTry(pod)
    try:
        template = load_context().only_template
        before = RequestedPod(before_hooks or {}, template=template)
        after = RequestedPod(_undo_renames(manifest, before.spec), template=template)
        breaches = check_limits(after, rules, lambda: _load_site(rules, queued), before)
    except Exception as error:
        raise _refuse_odd(pod, error) from error
    if breaches:
        raise _refuse(pod, [(_describe(finding, queued), finding.problem.remedy) for finding in breaches])


def _undo_renames(pod: Manifest, before: Mapping[str, Any]) -> Manifest:
    """Give containers the names that they had before a hook renamed them.

    Fields are compared by the names of containers. Under a new name, all that a task set would count as set
    by the hook, and so as the site's own.
    """
    for kind in CONTAINERS:
        earlier, now = maps_of(before.get(kind)), maps_of(mapping_of(pod.get("spec")).get(kind))
        if len(earlier) == len(now):
            for old, new in zip(earlier, now, strict=True):
                if isinstance(new, dict) and new.get("name") not in [item.get("name") for item in earlier]:
                    new["name"] = old.get("name")
    return pod


class _QueuedTry:
    """The try that a pod names, and what it was queued with by Airflow's own record.

    Attributes:
        of: The try; ``None`` where the pod names none.
    """

    def __init__(self, pod: V1Pod) -> None:
        self.of = parse_try(read_strings(read_field(pod, "metadata"), "annotations"))

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The ``executor_config``; empty where there is no such try, or it cannot be read.

        Read on first access: a pod that breaks no rule costs no query.
        """
        if self.of is None:
            return {}
        try:
            return _compat.load_executor_config(**asdict(self.of))
        except Exception as error:  # noqa: BLE001  # an empty one exempts nothing, and names no layer
            message = "The executor_config that a task was queued with cannot be read: %s"
            warn_hourly(_logger, EXECUTOR_CONFIG, message, describe_error(error))
            return {}


def _load_site(rules: SiteRules, queued: _QueuedTry) -> Traces:
    """Load what the site itself sets against its rules, and for an exempt task, what the task sets."""
    site = load_context().base_traces | load_context().option_traces
    if queued.of is None or not rules.exempts(queued.of.dag_id, queued.of.task_id):
        return site
    # An override can replace the annotations that name the task. So a pod that names an exempt one gets what
    # that task was queued with, by Airflow's own record, and no more.
    path, override = template_of(queued.config), override_of(queued.config)
    template = find_template(path) if path else load_context().template
    requested = RequestedPod(override, path, template, read_per_try(override))
    return site | Traces.of([lay_over_template(requested)], rules)


def _describe(finding: Breach, queued: _QueuedTry) -> str:
    """Describe which rule a pod breaks, by which value, and who set it."""
    layers, template = read_layers(queued.config), template_of(queued.config)
    rest = TASK if template is None else f"{TASK} or its pod_template_file {template!r}"
    field, origin = show_path(finding.path), find_recorded(finding.path, layers) or rest
    value = f"={show_at(field, finding.problem.value)}" if finding.problem.value else ""
    return f"[{finding.rule}] {field}{value}, set by {origin}, {finding.problem.reason}"


def _refuse(pod: V1Pod, breaches: Sequence[tuple[str, str]]) -> PodRefusedError:
    """Make the error, and record in Airflow's event log, in one sentence, why the task fails.

    Args:
        pod: The pod.
        breaches: The limits that it violates, each with a remedy.
    """
    # The hook is given the pod alone, so its annotations are the only origin of the try. An override that
    # replaces them moves the sentence to another try of this deployment, which _is_own looks for; the pod is
    # refused all the same. (The worker's arguments name the task, too, and an override can replace those.)
    return refuse_pod(_QueuedTry(pod).of, "SitePolicy", _REASON, breaches)


def _refuse_odd(pod: V1Pod, error: Exception) -> PodRefusedError:
    """Refuse a pod that cannot be checked: to launch it would be a way around the limits."""
    cause = f"it cannot be checked against the site's rules ({type(error).__name__})"
    return _refuse(pod, [(cause, "correct the pod, or ask the site's platform team")])
