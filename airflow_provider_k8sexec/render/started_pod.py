"""The pod that a task starts, as its operator builds it: without a cluster, with its templates as written."""

from __future__ import annotations

import copy
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import POD_OPERATOR, WORKER_CONTAINER
from airflow_provider_k8sexec.options.assembly import copy_manifest
from airflow_provider_k8sexec.options.declaration import NOTHING
from airflow_provider_k8sexec.options.manifest_parts import worker_of
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD, WORKER
from airflow_provider_k8sexec.options.shown import show_written
from airflow_provider_k8sexec.pod.executor_config import TASK
from airflow_provider_k8sexec.pod.field_history import trace_fields
from airflow_provider_k8sexec.pod.layer_record import record_layers
from airflow_provider_k8sexec.pod.provenance import HOOK, TEMPLATE, gather_origins, resolve_among
from airflow_provider_k8sexec.pod.started import AIRFLOWS, HELD_AS, TEMPLATES, StartedPod, find_started
from airflow_provider_k8sexec.pod.steps import set_steps
from airflow_provider_k8sexec.pod.task_request import StartedPodRequest
from airflow_provider_k8sexec.render.executor_pod import named_errors, write_manifest
from airflow_provider_k8sexec.site.pod_template import load_template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.options.declaration import Layers
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.per_try import Steps
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.pod.field_history import Field
    from airflow_provider_k8sexec.pod.provenance import Origins
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

OPERATOR = "the operator"
"""Who sets what comes from Airflow's own arguments of the operator, ``full_pod_spec`` among them."""

_KNOWN_LATER = "airflow_kpo_in_cluster"
_SILENT = logging.getLogger(f"{__name__}.operator")
_SILENT.disabled = True  # else the operator logs each pod that it builds
_QUIET = {"_log": _SILENT, "_cached_logger": _SILENT}  # of Airflow 2, and of Airflow 3


def kinds_of_pods(task: Any) -> list[str]:
    """Give the kinds of the pods that a task has here.

    Of a task that starts one, the worker is among them if a KubernetesExecutor may run the task, and it
    requests something of that pod.
    """
    if find_started(task) is None:
        return [WORKER]
    has_worker = task.executor_config and load_context().may_have_pod(task)
    return [WORKER, STARTED_POD] if has_worker else [STARTED_POD]


class _NoConnection:
    """Stands for the operator's hook, which would ask Airflow's database and the cluster."""

    is_in_cluster = False

    def get_namespace(self) -> str | None:
        """Give the namespace of the worker, which the pod has where neither task nor connection names one."""
        return load_context().deployment.namespace

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None


@frozen(slots=False)
class StartedMerge:
    """The merge of the pod that a task starts.

    Attributes:
        operator: A copy of the task's operator; of a mapped task, that of its first instance.
        started: What it holds of its pod.
        try_number: The try whose pod is wanted.
    """

    operator: Any
    started: StartedPod
    try_number: int = 1

    @classmethod
    def load(cls, task: Any, try_number: int = 1) -> StartedMerge:
        """Copy the operator, which asks no connection then, and gives its pod the name without its suffix.

        Raises:
            K8sExecError: The operator cannot be made.
        """
        operator = _copy_operator(task)
        return cls(operator, vars(operator)[HELD_AS], try_number)

    @property
    def requested(self) -> RequestedPod:
        """What the pod options request, with the name that the operator gives its container."""
        requested = self.started.request.requested
        return evolve(requested, pod=_rename(requested.pod, self.operator.base_container_name))

    @property
    def per_try_values(self) -> Mapping[str, Steps]:
        """The per-try values that the pod options request, by field."""
        return self.started.request.requested.per_try_values

    def find_container(self, pod: Manifest) -> Manifest:
        """Give the container of the task in its pod."""
        name = self.operator.base_container_name
        found: Manifest = next(item for item in pod["spec"]["containers"] if item["name"] == name)
        return found

    def render(self) -> Manifest:
        """Build the pod, and run the site's hooks over it.

        Raises:
            K8sExecError: The operator would fail.
        """
        from airflow import settings  # reads the site's own hook

        with named_errors(self.operator.dag_id, self.operator.task_id):
            pod = self._build(self.operator)
            run_hooks: Any = settings.pod_mutation_hook
            run_hooks(pod)
            return _write(pod)

    def build(self, layers: Layers, **arguments: Any) -> Manifest:
        """Build the pod with some of its layers, and no hook.

        Args:
            layers: The layers of pod options, the site's first.
            **arguments: Other values of the operator's attributes.
        """
        started = self.started
        request = StartedPodRequest(layers, [], started.request.deployment)
        written = started.layers[: max(len(layers) - len(started.request.outer), 0)]
        fewer = StartedPod(written, started.location, lambda: request)
        operator = copy.copy(self.operator)
        # Airflow holds pod options that are arguments of its own as such, too.
        held = {name for layer in started.layers for name in layer.options} & vars(operator).keys()
        unset = {name: _empty(vars(operator)[name]) for name in held - vars(operator)[AIRFLOWS]}
        vars(operator).update({**unset, **arguments, **_QUIET, HELD_AS: fewer})
        with named_errors(operator.dag_id, operator.task_id):
            return _write(self._build(operator))

    def read_template(self) -> Manifest:
        """Give the pod template, which is Airflow's argument; empty where the task has none.

        Raises:
            K8sExecError: It cannot be read.
        """
        path = self.operator.pod_template_file or self.started.request.declaration.pod_template_file
        return load_template(path) if path else self.operator.pod_template_dict or {}

    def written(self) -> list[Manifest]:
        """Give what the task and each layer have written, whose authors may read it."""
        layers = [_rename(pod, self.operator.base_container_name) for _, pod in self.started.request.grow()]
        return [*layers, self.build([], **dict.fromkeys(TEMPLATES))]

    def resolve_origins(self, pod: Manifest) -> Origins:
        """Find who set each field of the pod."""
        parts = [
            (self.requested.pod, TASK, record_layers(self.requested)),
            (self.build([], **dict.fromkeys(TEMPLATES)), OPERATOR, {}),
            (self.read_template(), TEMPLATE, {}),
        ]
        return gather_origins(resolve_among(pod, parts, HOOK))

    def _build(self, operator: Any) -> Any:
        held: StartedPod = vars(operator)[HELD_AS]
        request = held.request
        if not request.requested.per_try_values:
            return _build_without_hooks(operator)
        of_try = StartedPodRequest(
            request.outer, request.inner, request.deployment, request.others, self._take_steps(request)
        )
        copied = copy.copy(operator)
        vars(copied)[HELD_AS] = StartedPod(held.layers, held.location, lambda: of_try)
        return _build_without_hooks(copied)

    def _take_steps(self, request: TaskRequest) -> RequestedPod:
        requested = request.requested
        pod = copy_manifest(requested.pod)
        spec = pod.get("spec", {})
        set_steps(spec, worker_of(pod), requested.per_try_values, choose_by_try(self.try_number))
        return evolve(requested, pod=pod, per_try_values={})


def build_started_pod(task: Any) -> Manifest:
    """Build the pod that a task starts, with pod options or without, and run no hook over it.

    Args:
        task: A task of a KubernetesPodOperator.

    Raises:
        K8sExecError: The operator would fail.
    """
    if find_started(task) is not None:
        merge = StartedMerge.load(task)
        return merge.build(merge.started.request.layers)
    operator = _copy_operator(task)
    with named_errors(task.dag_id, task.task_id):
        return _write(_build_without_hooks(operator))


def _copy_operator(task: Any) -> Any:
    """Copy a task's operator; of a mapped task, that of its first instance.

    Raises:
        K8sExecError: The operator cannot be made.
    """
    with named_errors(task.dag_id, task.task_id):
        mapped = hasattr(task, "partial_kwargs")
        operator = task.unmap(compat.first_values_of(task)) if mapped else copy.copy(task)
    vars(operator).update(hook=_NoConnection(), random_name_suffix=False, **_QUIET)
    return operator


def _build_without_hooks(operator: Any) -> Any:
    with _without_hooks(operator):
        pod = operator.build_pod_request_obj()
    pod.metadata.labels.pop(_KNOWN_LATER, None)
    return pod


def _empty(value: Any) -> Any:
    """Give what an operator has for an argument that is not given."""
    return type(value)() if isinstance(value, (dict, list)) else None


def _write(pod: Any) -> Manifest:
    """Write a pod without what is empty because the operator has no such argument."""
    manifest = write_manifest(pod)
    for part in (manifest["metadata"], manifest["spec"], *manifest["spec"]["containers"]):
        for name in [name for name, value in part.items() if value in ({}, [])]:
            del part[name]
    return manifest


def show_started_pod(pod: Manifest, written: Sequence[Manifest]) -> Manifest:
    """Give what is shown of a pod that a task starts, or of a layer of one."""
    return show_written(pod, written, compat.is_sensitive_name)


def explain_started_pod(merge: StartedMerge) -> list[Field]:
    """Describe who set each field of the pod that a task starts, and what that overrode.

    Raises:
        K8sExecError: The operator would fail.
    """
    pod, layers, written = merge.render(), merge.started.request.layers, merge.written()
    ends = [end for end, (_, declared) in enumerate(layers, start=1) if declared is not NOTHING]
    grown = [(layers[end - 1][0] or TASK, merge.build(layers[:end])) for end in ends]
    pods = [(TEMPLATE, merge.read_template()), (OPERATOR, merge.build([])), *grown, (HOOK, pod)]
    return trace_fields(pods, merge.resolve_origins(pod), lambda part: show_started_pod(part, written))


@contextmanager
def _without_hooks(operator: Any) -> Iterator[None]:
    """Let the operator run no pod mutation hook as it builds its pod: what they set is not the author's."""
    classes = [base for base in type(operator).__mro__ if base.__name__ == POD_OPERATOR]
    module: Any = sys.modules[classes[-1].__module__]
    hook = module.pod_mutation_hook
    module.pod_mutation_hook = lambda _: None
    try:
        yield
    finally:
        module.pod_mutation_hook = hook


def _rename(pod: Manifest, name: str) -> Manifest:
    """Give the task's container the name that the operator gives it."""
    containers = (pod.get("spec") or {}).get("containers") or []
    if name == WORKER_CONTAINER or not containers:
        return pod
    renamed = [
        {**container, "name": name} if container.get("name") == WORKER_CONTAINER else container
        for container in containers
    ]
    return {**pod, "spec": {**pod["spec"], "containers": renamed}}
