"""What a task's pod was merged from, who set each of its fields, and what is shown of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.manifest_parts import worker_of
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.options.shown import show_pod
from airflow_provider_k8sexec.pod.annotations import read_per_try
from airflow_provider_k8sexec.pod.executor_config import TASK, ExecutorConfig, build_v1_pod
from airflow_provider_k8sexec.pod.field_history import trace_fields
from airflow_provider_k8sexec.pod.layer_record import read_layers
from airflow_provider_k8sexec.pod.provenance import (
    EXECUTOR,
    HOOK,
    TEMPLATE,
    Ingredients,
    gather_origins,
    resolve_origins,
)
from airflow_provider_k8sexec.pod.run_time_fields import mark_later
from airflow_provider_k8sexec.pod.steps import set_steps
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.per_try import Chooser
    from airflow_provider_k8sexec.pod.field_history import Field
    from airflow_provider_k8sexec.render.executor_pod import PodMerge


def explain_pod(merge: PodMerge) -> list[Field]:
    """Describe who set each field of a task's pod, and what that overrode.

    Raises:
        K8sExecError: The executor would fail on the task.
    """
    ingredients, pod = load_ingredients(merge), mark_later(merge.render())
    pods = [
        (TEMPLATE, ingredients.template),
        (EXECUTOR, ingredients.without_override),
        *_merge_layers(merge),
        (HOOK, pod),
    ]
    origins = gather_origins(resolve_origins(pod, ingredients))
    written = _read_written(merge.executor_config)
    return trace_fields(pods, origins, lambda layer: show_pod(layer, written, compat.is_sensitive_name))


def _merge_layers(merge: PodMerge) -> Iterator[tuple[str, Manifest]]:
    config = merge.executor_config
    if isinstance(config, ExecutorConfig):
        for layer, pod in config.grow():
            yield layer, mark_later(merge.merge({POD_OVERRIDE: build_v1_pod(pod)}))
    yield TASK, mark_later(merge.merge(config))


def load_ingredients(merge: PodMerge) -> Ingredients:
    """Load what a task's pod is merged from.

    Raises:
        K8sExecError: The pod template is not one, or the executor would fail on it.
    """
    return Ingredients(
        template=merge.read_template(),
        without_override=merge.merge({}),
        override=read_override(merge.executor_config, merge.choose or choose_by_try(merge.try_number)),
        recorded=read_layers(merge.executor_config),
    )


def read_override(executor_config: Mapping[str, Any], choose: Chooser) -> Manifest:
    """Read what a task requests, with the steps of a try; empty where Airflow would fail on it."""
    override: Manifest = to_manifest(executor_config.get(POD_OVERRIDE)) or {}
    if read_manifest(override, "V1Pod")[1]:
        return {}
    set_steps(override.get("spec", {}), worker_of(override), read_per_try(override), choose)
    return mark_later(override)


def show_rendered_pod(
    pod: Manifest, executor_config: Mapping[str, Any] | None, *others: Manifest
) -> Manifest:
    """Give what is shown of a task's pod, or of a layer of one.

    Args:
        pod: The pod.
        executor_config: Airflow's argument of that name, as the task has it.
        others: More partial pods whose own values are to be shown.
    """
    written = [*_read_written(executor_config or {}), *others]
    return show_pod(mark_later(pod), written, compat.is_sensitive_name)


def _read_written(executor_config: Mapping[str, Any]) -> list[Manifest]:
    """Read what the task and each layer have written, whose authors may read it."""
    config = executor_config
    layers = [layer for _, layer in config.grow()] if isinstance(config, ExecutorConfig) else []
    return [*map(mark_later, [to_manifest(config.get(POD_OVERRIDE)) or {}, *layers])]
