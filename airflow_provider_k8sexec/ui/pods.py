"""Which pod the tab shows: the launched one, where it is known, or else the merged one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import Factory, evolve, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.shown import show_pod
from airflow_provider_k8sexec.pod.layer_record import read_layers
from airflow_provider_k8sexec.pod.provenance import (
    CLUSTER,
    HOOK,
    Ingredients,
    gather_origins,
    resolve_origins,
)
from airflow_provider_k8sexec.pod.run_time_fields import mark_later
from airflow_provider_k8sexec.render.executor_pod import UNKNOWN_RUN, PodMerge, Run
from airflow_provider_k8sexec.render.explanation import load_ingredients, read_override

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.provenance import Origins
    from airflow_provider_k8sexec.ui.cluster import Answer
    from airflow_provider_k8sexec.ui.subject import Subject, Try

LAUNCHED = "The pod of this try, as it is on the cluster."
RECORDED = "What this try was given, merged again with today's pod template and policies: "
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
        origins: Who set anything at or below a field.
        kind: Which of the pods it is, for people.
        problem: Why it is not complete; empty if it is.
        facts: What the cluster has of a launched pod: its name, where it is, and its phase.
    """

    manifest: Manifest
    shown: Manifest
    origins: Origins
    kind: str
    problem: str = ""
    facts: Mapping[str, str] = Factory(dict)


def merge_pod(subject: Subject, requested: Try) -> MergedPod:
    """Merge the pod of a try; what the task requests alone, where it cannot be merged here."""
    config = requested.executor_config
    run = evolve(
        Run(subject.run_id, subject.map_index) if subject.run_id else UNKNOWN_RUN,
        executors=requested.named_executors,
        queue=requested.queue,
    )
    try:
        loaded = PodMerge.load(subject.dag_id, subject.task_id, config, requested.number, run)
        merge = evolve(loaded, choose=requested.choose)
        return MergedPod(merge.render(), load_ingredients(merge))
    except K8sExecError as error:
        override = read_override(config, requested.choose)
        problem = f"Only what the task itself requests is shown. {error}"
        return MergedPod(override, Ingredients({}, {}, override, read_layers(config)), problem)


def choose_pod(merged: MergedPod, answer: Answer | None) -> ShownPod:
    """Choose the pod to show, and what of it.

    Args:
        merged: The pod as Airflow merges it now.
        answer: What the cluster answers; ``None`` for a try that has not been queued.
    """
    launched = answer.pod if answer else None
    kind = (LAUNCHED if launched else RECORDED + answer.reason) if answer else NEXT
    pod = launched or mark_later(merged.manifest)
    origins = resolve_origins(pod, merged.ingredients, CLUSTER if launched else HOOK)
    shown = show_pod(pod, [merged.ingredients.override], compat.is_sensitive_name)
    facts = _name_facts(shown, answer.phase) if answer and launched else {}
    return ShownPod(pod, shown, gather_origins(origins), kind, merged.problem, facts)


def _name_facts(shown: Manifest, phase: str) -> dict[str, str]:
    metadata, node = shown["metadata"], (shown.get("spec") or {}).get("nodeName")
    facts = {
        "Phase": phase,
        "Pod": metadata.get("name"),
        "Namespace": metadata.get("namespace"),
        "Node": node,
    }
    return {name: str(value) for name, value in facts.items() if value}
