"""Which pod the tab shows: the one that was launched, where it can be known, or else the one of the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_config import POD_OVERRIDE, PROVENANCE
from airflow_provider_k8sexec.executor_pod import UNKNOWN_RUN, Run, load_task_template, render_pod
from airflow_provider_k8sexec.launch import resolve_rung
from airflow_provider_k8sexec.manifest import read_ladders
from airflow_provider_k8sexec.spec.manifests import to_manifest
from airflow_provider_k8sexec.ui.cluster import read_launched_pod
from airflow_provider_k8sexec.ui.redaction import redact_pod
from airflow_provider_k8sexec.ui.sources import CLUSTER, HOOK, Ingredients, resolve_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.spec.manifests import Manifest
    from airflow_provider_k8sexec.ui.sources import Path
    from airflow_provider_k8sexec.ui.subject import Subject, Try

LAUNCHED = "The pod of this try, as it is on the cluster."
RECORDED = (
    "What this try was given, merged anew with today's pod template and policies: "
    "the pod itself is gone from the cluster, or cannot be read there."
)
NEXT = "The pod as it would be launched now."


@frozen
class ShownPod:
    """A pod that the tab shows.

    Attributes:
        manifest: The pod, without what is to be hidden.
        sources: What set each of its fields.
        kind: Which of the pods it is, for people.
        problem: Why it is not complete; empty if it is.
    """

    manifest: Manifest
    sources: Mapping[Path, str]
    kind: str
    problem: str = ""


def load_pod(subject: Subject, asked: Try) -> ShownPod:
    """Load the pod of a try."""
    config = asked.executor_config
    problem = ""
    try:
        merged = _merge(subject, asked, config)
        ingredients = _load_ingredients(subject, asked, config)
    except K8sExecError as error:
        problem = f"Only what the task itself asks for is shown. {error}"
        merged = _override_of(asked)
        ingredients = Ingredients({}, merged, {}, {})
    launched = read_launched_pod(subject, asked.number, _namespace_of(merged)) if asked.state else None
    kind = (LAUNCHED if launched else RECORDED) if asked.state else NEXT
    pod = _redact(launched or merged)
    sources = resolve_sources(pod, ingredients, CLUSTER if launched else HOOK)
    return ShownPod(pod, sources, kind, problem)


def _load_ingredients(subject: Subject, asked: Try, config: Mapping[str, Any]) -> Ingredients:
    return Ingredients(
        layers=(config.get(PROVENANCE) or {}).get("layers") or {},
        override=_redact(_override_of(asked)),
        template=_redact(load_task_template(config)),
        without_override=_redact(_merge(subject, asked, {**config, POD_OVERRIDE: None})),
    )


def _merge(subject: Subject, asked: Try, config: Mapping[str, Any]) -> Manifest:
    run = Run(subject.run_id, subject.map_index) if subject.run_id else UNKNOWN_RUN
    return render_pod(subject.dag_id, subject.task_id, config, asked.number, run)


def _override_of(asked: Try) -> Manifest:
    """Give what the task asks for, with the amounts of the try."""
    override: Manifest = to_manifest(asked.executor_config.get(POD_OVERRIDE)) or {}
    for name, rungs in read_ladders(override).items():
        resources = override["spec"]["containers"][0]["resources"]
        request, limit = resolve_rung(rungs, str(asked.number)) or (None, None)
        for side, amount in (("requests", request), ("limits", limit)):
            if amount is not None:
                resources.setdefault(side, {})[name] = amount
    return override


def _namespace_of(pod: Manifest) -> str:
    return str(pod["metadata"]["namespace"])


def _redact(pod: Manifest) -> Manifest:
    return redact_pod(pod, _compat.is_sensitive_name)
