"""Which pod the tab shows: the one that was launched, where it can be known, or else the one of the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.shown import show_pod
from airflow_provider_k8sexec.pod.executor_config import POD_OVERRIDE, read_layers
from airflow_provider_k8sexec.pod.manifest import read_per_try, resolve_step
from airflow_provider_k8sexec.render.executor_pod import UNKNOWN_RUN, Run, load_task_template, render_pod
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.ui.sources import CLUSTER, HOOK, Ingredients, gather_sources, resolve_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.ui.cluster import Answer
    from airflow_provider_k8sexec.ui.page import Sources
    from airflow_provider_k8sexec.ui.subject import Subject, Try

LAUNCHED = "The pod of this try, as it is on the cluster."
RECORDED = "What this try was given, merged anew with today's pod template and policies: "
NEXT = "The pod as it would be launched now."


@frozen
class MergedPod:
    """The pod of a try as Airflow merges it now.

    Attributes:
        manifest: The pod.
        ingredients: What it was merged from.
        problem: Why it is not complete; empty if it is.
    """

    manifest: Manifest
    ingredients: Ingredients
    problem: str = ""

    @property
    def namespace(self) -> str:
        """Where such a pod is launched."""
        named = (self.manifest.get("metadata") or {}).get("namespace")
        return str(named or compat.load_option("kubernetes_executor", "namespace") or "default")

    @property
    def release(self) -> str | None:
        """The release of this installation, as pods name it, or as it is known here."""
        labels = (self.manifest.get("metadata") or {}).get("labels") or {}
        return labels.get("release") or load_context().deployment.release


@frozen
class ShownPod:
    """A pod that the tab shows.

    Attributes:
        manifest: The pod.
        shown: What is shown of it.
        sources: What set its fields.
        kind: Which of the pods it is, for people.
        problem: Why it is not complete; empty if it is.
    """

    manifest: Manifest
    shown: Manifest
    sources: Sources
    kind: str
    problem: str = ""


def merge_pod(subject: Subject, requested: Try) -> MergedPod:
    """Merge the pod of a try; what the task asks for alone, where it cannot be merged here."""
    config = requested.executor_config
    override = _override_of(requested)
    try:
        merged = _merge(subject, requested, config)
        ingredients = Ingredients(
            layers=read_layers(config),
            override=override,
            template=load_task_template(config),
            without_override=_merge(subject, requested, {**config, POD_OVERRIDE: None}),
        )
    except K8sExecError as error:
        problem = f"Only what the task itself asks for is shown. {error}"
        return MergedPod(override, Ingredients({}, override, {}, {}), problem)
    return MergedPod(merged, ingredients)


def choose_pod(merged: MergedPod, answer: Answer | None) -> ShownPod:
    """Choose the pod to show, and what of it.

    Args:
        merged: The pod as Airflow merges it now.
        answer: What the cluster answers; ``None`` for a try that has not been queued.
    """
    launched = answer.pod if answer else None
    kind = (LAUNCHED if launched else RECORDED + answer.reason) if answer else NEXT
    pod = launched or merged.manifest
    sources = resolve_sources(pod, merged.ingredients, CLUSTER if launched else HOOK)
    shown = show_pod(pod, [merged.ingredients.override], compat.is_sensitive_name)
    return ShownPod(pod, shown, gather_sources(sources), kind, merged.problem)


def _merge(subject: Subject, requested: Try, config: Mapping[str, Any]) -> Manifest:
    run = Run(subject.run_id, subject.map_index) if subject.run_id else UNKNOWN_RUN
    return render_pod(subject.dag_id, subject.task_id, config, requested.number, run)


def _override_of(requested: Try) -> Manifest:
    """Give what the task asks for, with the amounts of the try."""
    override: Manifest = to_manifest(requested.executor_config.get(POD_OVERRIDE)) or {}
    if check_manifest(override, "V1Pod", POD_OVERRIDE):
        return {}  # Airflow fails on such a task, and says so
    for name, steps in read_per_try(override).items():
        (worker, *_) = (override.get("spec") or {}).get("containers") or [{}]
        resources = worker.setdefault("resources", {})
        request, limit = resolve_step(steps, str(requested.number)) or (None, None)
        for side, amount in (("requests", request), ("limits", limit)):
            if amount is not None:
                resources.setdefault(side, {})[name] = amount
    return override
