"""The pod that the KubernetesExecutor would launch for a task, merged by Airflow's own code."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.shown import show_answer, show_pod
from airflow_provider_k8sexec.pod.executor_config import (
    POD_OVERRIDE,
    POD_TEMPLATE_FILE,
    TASK,
    ExecutorConfig,
    build_v1_pod,
)
from airflow_provider_k8sexec.pod.manifest import read_per_try
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses
from airflow_provider_k8sexec.site.pod_template import MINIMAL_TEMPLATE, load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.options.manifests import Manifest

_logger = logging.getLogger(__name__)
_UNKNOWN = "known when the task is queued"


@frozen
class Run:
    """The run of a DAG that a task's pod is for.

    Attributes:
        run_id: The run.
        map_index: The mapped instance; -1 if the task is not mapped.
    """

    run_id: str = "run"
    map_index: int = -1


UNKNOWN_RUN = Run()


def render_pod(
    dag_id: str,
    task_id: str,
    executor_config: Mapping[str, Any] | None,
    try_number: int = 1,
    run: Run = UNKNOWN_RUN,
) -> Manifest:
    """Merge a task's pod as the KubernetesExecutor does, hooks included.

    The names that the executor gives (of the pod, of itself) and the workload are placeholders.

    Args:
        dag_id: The task's DAG.
        task_id: The task, with its groups.
        executor_config: Airflow's argument of that name, as the task has it.
        try_number: The try whose pod is asked for.
        run: The run that it is for; a placeholder where that is not known.

    Raises:
        K8sExecError: The executor would fail on the task.
    """
    given = executor_config or {}
    with _named_errors(dag_id, task_id):
        template = _load_base(given)
        return _merge_and_hook(dag_id, task_id, template, given, try_number, **asdict(run))


def show_rendered_pod(
    pod: Manifest, executor_config: Mapping[str, Any] | None, *others: Manifest
) -> Manifest:
    """Give what is shown of a task's pod, or of a layer of one.

    Args:
        pod: The pod.
        executor_config: Airflow's argument of that name, as the task has it.
        others: More partial pods whose own values are to be shown.
    """
    config = executor_config or {}
    layers = [layer for _, layer in config.grow()] if isinstance(config, ExecutorConfig) else []
    override = to_manifest(config.get(POD_OVERRIDE)) or {}
    return show_pod(pod, [override, *layers, *others], compat.is_sensitive_name)


def load_task_template(executor_config: Mapping[str, Any]) -> Manifest:
    """Read the pod template of a task as the executor reads it.

    Raises:
        K8sExecError: It cannot be read, or is no manifest.
    """
    return _normalize(_load_base(executor_config))


def render_layers(
    dag_id: str, task_id: str, executor_config: Mapping[str, Any] | None, own_place: str = TASK
) -> list[tuple[str, Manifest]]:
    """Merge a task's pod of ever more layers: the template, the executor's own part, each layer, the hooks.

    Args:
        dag_id: The task's DAG.
        task_id: The task, with its groups.
        executor_config: Airflow's argument of that name, as the task has it.
        own_place: Where the task's own part is said.

    Returns:
        The pods, each with the place of its innermost layer.

    Raises:
        K8sExecError: The executor would fail on the task.
    """
    given = executor_config or {}
    with _named_errors(dag_id, task_id):
        template = _load_base(given)
        merge = partial(_merge, dag_id, task_id, template)
        pods = [("the pod template", _normalize(template)), ("the executor", merge({}))]
        if isinstance(given, ExecutorConfig):
            grown = ((place, {POD_OVERRIDE: build_v1_pod(pod)}) for place, pod in given.grow())
            pods += [(own_place if place == TASK else place, merge(layer)) for place, layer in grown]
        pods += [(own_place, merge(given))]
        return [*pods, ("pod_mutation_hook", _merge_and_hook(dag_id, task_id, template, given))]


def _merge(*args: Any, **options: Any) -> Manifest:
    """Merge a pod with no hook."""
    return _write(_construct(*args, **options))


def _merge_and_hook(*args: Any, **options: Any) -> Manifest:
    """Merge a pod, and run the hooks over it; the one of this package acts by itself on launches alone."""
    from airflow import settings  # reads the site's own hook

    pod = _construct(*args, **options)
    amendments = load_context().amendments
    before, _ = amendments.amend(pod)
    run_hooks: Any = settings.pod_mutation_hook
    run_hooks(pod)
    amendments.mend(pod, before)
    return _write(pod)


def _construct(
    dag_id: str,
    task_id: str,
    template: Manifest,
    executor_config: Mapping[str, Any],
    try_number: int = 1,
    **options: Any,
) -> V1Pod:
    from airflow.providers.cncf.kubernetes.kube_config import KubeConfig  # imports kubernetes
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # likewise

    config = KubeConfig()
    return PodGenerator.construct_pod(
        dag_id=dag_id,
        task_id=task_id,
        pod_id=_pod_id(dag_id, task_id),
        try_number=try_number,
        kube_image=config.kube_image,
        date=None,
        args=_worker_arguments(dag_id, task_id),
        pod_override_object=PodGenerator.from_obj(executor_config),
        base_worker_pod=PodGenerator.deserialize_model_dict(template),
        namespace=config.executor_namespace,
        scheduler_job_id="0",
        **{**asdict(UNKNOWN_RUN), **options},
    )


def _write(pod: V1Pod) -> Manifest:
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # imports kubernetes

    manifest: Manifest = PodGenerator.serialize_pod(pod)
    return manifest


def _normalize(template: Manifest) -> Manifest:
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator  # imports kubernetes

    return _write(PodGenerator.deserialize_model_dict(template))


@contextmanager
def _named_errors(dag_id: str, task_id: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # Airflow's own errors of a merge have the reason as their cause, and no text.
        reason = show_answer(str(error) or str(error.__cause__))
        raise K8sExecError(f"task {task_id!r} of DAG {dag_id!r}: {reason}") from error


def _load_base(executor_config: Mapping[str, Any]) -> Manifest:
    default = compat.load_option("kubernetes_executor", "pod_template_file")
    path = executor_config.get(POD_TEMPLATE_FILE) or default
    if path:
        return load_template(path)
    _logger.warning("[kubernetes_executor] pod_template_file is not set: rendered on a minimal one.")
    return MINIMAL_TEMPLATE


def _pod_id(dag_id: str, task_id: str) -> str:
    return f"{dag_id}-{task_id}".lower().replace("_", "-").replace(".", "-")[:63].strip("-")


def _worker_arguments(dag_id: str, task_id: str) -> list[str]:
    if compat.AIRFLOW_3:
        module = "airflow.sdk.execution_time.execute_workload"
        return ["python", "-m", module, "--json-string", f"<{_UNKNOWN}>"]
    return ["airflow", "tasks", "run", dag_id, task_id, f"<{_UNKNOWN}>", "--local"]


def summarize(pod: Manifest) -> dict[str, str]:
    """Tell what people ask about a pod: resources of its try and of later ones, secrets, image, nodes."""
    worker = pod["spec"]["containers"][0]
    amounts = _amounts(pod, worker)
    gpus = [f"{text} {name}" for name, text in amounts.items() if name.partition("/")[2] == "gpu"]
    selector = pod["spec"].get("nodeSelector") or {}
    return {
        "cpu": amounts.get("cpu", ""),
        "memory": amounts.get("memory", ""),
        "gpu": ", ".join(gpus),
        "secrets": ", ".join(_secret_keys(pod, worker)),
        "image": worker.get("image") or "",
        "node selector": ", ".join(f"{key}={value}" for key, value in selector.items()),
    }


def _amounts(pod: Manifest, worker: Manifest) -> dict[str, str]:
    """Write the amount of each resource, with those of the tries after the pod's own."""
    sides = [(worker.get("resources") or {}).get(side) or {} for side in ("requests", "limits")]
    per_try_values, try_number = read_per_try(pod), int(pod["metadata"]["annotations"]["try_number"])
    written = {}
    for name in dict.fromkeys([*sides[0], *sides[1], *per_try_values]):
        later = per_try_values.get(name, [])[try_number:]
        tries = [[side.get(name) for side in sides], *later]
        written[name] = ", then ".join(_range(*amounts) or "none" for amounts in tries)
    return written


def _range(request: object, limit: object) -> str:
    return str(request or "") if request == limit else f"{request or ''}..{limit or ''}"


def _secret_keys(pod: Manifest, worker: Manifest) -> dict[str, None]:
    uses = [use for use in read_secret_uses(pod["spec"], worker) if use.secret]
    return dict.fromkeys(f"{use.secret}/{use.key or '*'}" for use in uses)
