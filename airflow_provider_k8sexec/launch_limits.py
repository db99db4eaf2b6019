"""Holds a pod to the site's limits as it is launched, whoever asked for what it has.

What a DAG file asks for is held against them as the file is loaded, in a process that runs the author's code.
This is the scheduler: neither an annotation, an amount of a later try nor a template of the task's own comes
past it. Source: DAG authors are not trusted with more than their tasks,
https://airflow.apache.org/docs/apache-airflow/stable/security/security_model.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from attrs import asdict

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.attach import load_place
from airflow_provider_k8sexec.diagnosis import Diagnosis
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_config import POD_TEMPLATE_FILE, PROVENANCE
from airflow_provider_k8sexec.failures import PodTry, parse_try, record_pod
from airflow_provider_k8sexec.pod_fields import read_field, read_items, read_texts
from airflow_provider_k8sexec.rules.asked import AskedPod
from airflow_provider_k8sexec.rules.findings import Finding, show_path
from airflow_provider_k8sexec.rules.limits import Traces, find_breaches
from airflow_provider_k8sexec.safety_net import find_worker
from airflow_provider_k8sexec.settings import SECTION
from airflow_provider_k8sexec.shown import HIDDEN, is_shown
from airflow_provider_k8sexec.site_pods import (
    OPTION,
    load_base_traces,
    load_option_traces,
    load_site_rules,
    load_site_template,
)
from airflow_provider_k8sexec.spec.manifests import to_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.spec.manifests import Manifest
    from airflow_provider_k8sexec.spec.site_rules import SiteRules

_NOT_LIMITED = frozenset({"env", "envFrom", "volumeMounts"})
"""Fields of which no limit speaks: a chart's template has dozens of variables."""

_ENFORCED = ("error", "fix")
_REASON = "Refused by the site's policy"


class PodRefusedError(K8sExecError):
    """A pod that is not launched, because it breaks the site's limits or cannot be held against them."""


def load_limits(pod: V1Pod) -> SiteRules | None:
    """Read the rules that hold for a pod.

    Returns:
        The rules; ``None`` where the policy does not enforce any, or the task is exempt.

    Raises:
        PodRefusedError: They cannot be read.
    """
    if _load_policy() not in _ENFORCED:
        return None
    try:
        rules = load_site_rules()
    except K8sExecError as error:
        raise _refuse(pod, [("the site's rules cannot be read", f"correct [{SECTION}] {OPTION}")]) from error
    if not rules.has_limits or (rules.exempt and _is_exempt(pod, rules)):
        return None
    return rules


def _load_policy() -> str | None:
    try:
        return load_place()[0].policy
    except K8sExecError:  # another setting is wrong, which is said where DAGs are parsed
        return _compat.load_option(SECTION, "policy")


def _is_exempt(pod: V1Pod, rules: SiteRules) -> bool:
    """Tell whether the site exempts the task that a pod runs.

    An override can replace the annotations that name the task, so the worker must also be about to run that
    very task, by the command that the executor has given it.
    """
    annotations = read_texts(read_field(pod, "metadata"), "annotations")
    names = annotations.get("dag_id", ""), annotations.get("task_id", "")
    worker = find_worker(read_field(pod, "spec"))
    runs = None if read_items(worker, "command") else _task_of(read_items(worker, "args"))
    return runs == names and rules.exempts(*names)


def _task_of(args: list[Any]) -> tuple[Any, Any] | None:
    """Read the DAG and the task from the arguments by which Airflow runs a task."""
    match args:
        case ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string", str() as text]:
            try:
                instance = json.loads(text)["ti"]
                return instance["dag_id"], instance["task_id"]
            except (ValueError, LookupError, TypeError, RecursionError):
                return None
        case ["airflow", "tasks", "run", dag_id, task_id, *_]:
            return dag_id, task_id
        case _:
            return None


def take_down(pod: V1Pod) -> Manifest:
    """Write what limits may speak of in a pod."""
    manifest: Manifest = to_manifest(pod, _NOT_LIMITED)
    return manifest


def hold_limits(pod: V1Pod, rules: SiteRules, before_hooks: Manifest | None) -> None:
    """Refuse a pod that breaks the site's limits.

    Args:
        pod: The pod as all hooks have left it.
        rules: The site's rules.
        before_hooks: What it was before the site's hooks changed it.

    Raises:
        PodRefusedError: It breaks one, or cannot be held against them.
    """
    try:
        template = load_site_template()
        before, after = (AskedPod(of, template=template) for of in (before_hooks or {}, take_down(pod)))
        breaches = find_breaches(after, rules, lambda: _load_site(rules), before)
    except Exception as error:
        # Open where it cannot look would be a way around it.
        cause = f"it cannot be held against the site's rules ({type(error).__name__})"
        raise _refuse(pod, [(cause, "correct the pod, or tell the site's platform team")]) from error
    if breaches:
        layers = _load_layers(parse_try(read_texts(read_field(pod, "metadata"), "annotations")))
        raise _refuse(pod, [(_describe(finding, layers), finding.problem.remedy) for finding in breaches])


def _load_site(rules: SiteRules) -> Traces:
    return load_base_traces(rules) | load_option_traces()


def _describe(finding: Finding, layers: Mapping[str, str]) -> str:
    """Say which rule a pod breaks, by which value, and who has set it."""
    fields = [show_path(finding.path[:end]) for end in range(len(finding.path), 0, -1)]
    origin = next((layers[field] for field in fields if field in layers), layers.get("", "the task"))
    value = f"={finding.problem.value if is_shown(fields[0]) else HIDDEN}" if finding.problem.value else ""
    return f"[{finding.rule}] {fields[0]}{value}, set by {origin}, {finding.problem.reason}"


def _load_layers(of: PodTry | None) -> Mapping[str, str]:
    """Load who set which field of a try's pod, as its DAG was loaded; empty where that is not known."""
    try:
        config = _compat.load_executor_config(**asdict(of)) if of is not None else {}
        path = config.get(POD_TEMPLATE_FILE)
        others = {} if path is None else {"": f"the task or its pod_template_file {path!r}"}
        return {**(config.get(PROVENANCE) or {}).get("layers", {}), **others}
    except Exception:  # noqa: BLE001  # the sentence is the poorer for it
        return {}


def _refuse(pod: V1Pod, breaches: Sequence[tuple[str, str]]) -> PodRefusedError:
    """Make the error, and record why the task fails in Airflow's event log, which keeps one sentence.

    Args:
        pod: The pod.
        breaches: What is wrong with it, each with its remedy.
    """
    of = parse_try(read_texts(read_field(pod, "metadata"), "annotations"))
    if of is not None:
        (cause, remedy), *others = breaches
        more = f" (and {len(others)} more, in the scheduler's log)" if others else ""
        record_pod(of, Diagnosis(_REASON, cause + more, remedy))
    return PodRefusedError("\n".join(f"{_REASON}: {cause}; {remedy}." for cause, remedy in breaches))
