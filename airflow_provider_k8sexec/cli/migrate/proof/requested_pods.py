"""Whether two tasks get the same pods: by what they request, and where that does not decide it, by rendering.

What Airflow makes of a pod template and an override depends on nothing else. So of two overrides with the
same normal form the pods are the same, and need not be rendered, which takes a hundred times as long.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from airflow_provider_k8sexec.authoring.attach import starts_pod
from airflow_provider_k8sexec.authoring.misread import class_of
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError, name_task
from airflow_provider_k8sexec.executor_names import KNOWN_KEYS, POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of, name_of, names_at
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.normal_form import normalise_override, write_canonically
from airflow_provider_k8sexec.pod.same_pod import find_difference
from airflow_provider_k8sexec.pod.started import find_started
from airflow_provider_k8sexec.render.executor_pod import Run, render_pod
from airflow_provider_k8sexec.render.started_pod import build_started_pod
from airflow_provider_k8sexec.rules.requested_pod.handwritten import is_pod
from airflow_provider_k8sexec.site.pod_template import find_template
from airflow_provider_k8sexec.site_policy.fill_defaults import fix
from airflow_provider_k8sexec.site_policy.validate import is_declared

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_k8sexec.options.manifests import Manifest

_NOT_A_POD = ""


@frozen
class Requested:
    """What a task requests of its worker's pod, as far as two tasks are compared by it.

    Attributes:
        form: The normal form of its override, as a string; empty where that is no pod.
        volumes: The names of its volumes.
        template: The path of its own pod template.
        others: The keys of the config that are another executor's, as a string.
    """

    form: str = "{}"
    volumes: frozenset[str] = frozenset()
    template: str | None = None
    others: str = "{}"


@define
class RequestedReader:
    """Reads what tasks request; tasks that share an override share what was read of it."""

    _read: dict[int, tuple[Any, str, frozenset[str]]] = field(factory=dict)

    def read(self, config: Any) -> Requested:
        """Read the ``executor_config`` of a task, whoever made it."""
        if not config:
            return Requested()
        if not isinstance(config, Mapping):
            return Requested(_NOT_A_POD)
        source: Any
        if isinstance(config, ExecutorConfig) and is_declared(config):
            request = config.request
            source, others = request.requested.pod, request.others
            template = request.declaration.pod_template_file
        else:
            items = dict(config)
            source, template = items.get(POD_OVERRIDE), items.get(POD_TEMPLATE_FILE)
            others = {key: item for key, item in items.items() if key not in KNOWN_KEYS}
        form, volumes = self._read_override(source)
        return Requested(form, volumes, template, _write_others(others) if others else "{}")

    def _read_override(self, source: Any) -> tuple[str, frozenset[str]]:
        if source is None:
            return "{}", frozenset()
        if id(source) not in self._read:
            # With the source, whose identity no other one gets as long as it is here.
            self._read[id(source)] = (source, *_normalise(source))
        _, form, volumes = self._read[id(source)]
        return form, volumes


def _normalise(source: Any) -> tuple[str, frozenset[str]]:
    if not isinstance(source, dict) and not is_pod(source):
        return _NOT_A_POD, frozenset()
    try:
        pod: Manifest = to_manifest(source)
        form = write_canonically(normalise_override(pod))
    except Exception:  # noqa: BLE001  # foreign objects may raise anything; Airflow's own merge decides then
        return _NOT_A_POD, frozenset()
    return sys.intern(form), frozenset(names_at(pod, "volumes"))


def _write_others(others: Mapping[str, Any]) -> str:
    return write_canonically(to_manifest(others))


def find_pod_difference(before: Any, after: Any, first: Requested, second: Requested) -> str | None:
    """Find what differs between the pods of two tasks; ``None`` where nothing does.

    Args:
        before: A task, as it is made by the file as it is.
        after: The task of the same name, as it is made by the rewritten file.
        first: What the former requests.
        second: What the latter requests.
    """
    if first.others != second.others:
        return "the other keys of its executor_config differ."
    if not _is_decided(before, first, second):
        found = _compare(before, after, _render_worker)
        if found is not None:
            return found
    is_held = any(find_started(task) is not None for task in (before, after))
    if not (is_held and starts_pod(class_of(before))):
        return None  # the operator of both is the same, and so are its arguments
    return _compare(before, after, build_started_pod)


def _is_decided(task: Any, first: Requested, second: Requested) -> bool:
    """Report whether two tasks have the same pod by what they request."""
    if first.form != second.form or first.form == _NOT_A_POD or first.template != second.template:
        return False
    names = first.volumes | second.volumes
    # The name of a volume counts where the pod template has one of that name, or mounts it.
    return not names or names.isdisjoint(_volumes_of_template(task, first))


def _volumes_of_template(task: Any, requested: Requested) -> list[str]:
    coordinator = Run.of_task(task).coordinator
    path = (coordinator and coordinator.template) or requested.template
    template = find_template(path) if path else load_context().template
    worker = maps_of(mapping_of(mapping_of(template).get("spec")).get("containers"))
    mounts = [name_of(mount) for container in worker for mount in maps_of(container.get("volumeMounts"))]
    return [*names_at(template or {}, "volumes"), *mounts]


def _compare(before: Any, after: Any, render: Callable[[Any], Manifest]) -> str | None:
    pods = []
    for task, when in ((before, "as it is"), (after, "as rewritten")):
        try:
            pods.append(render(task))
        except K8sExecError as error:
            reason = str(error).removeprefix(f"{name_task(task.task_id, task.dag_id)}: ")
            return f"Airflow cannot make its pod {when}: {reason}"
    return find_difference(*pods)


def _render_worker(task: Any) -> Manifest:
    """Render the worker's pod as the site would launch it, with the site's defaults if it fills them in."""
    return render_pod(task.dag_id, task.task_id, _fill(task), run=Run.of_task(task))


def _fill(task: Any) -> Any:
    filled = copy.copy(task)  # the task itself stays as its author made it
    if hasattr(filled, "partial_kwargs"):
        filled.partial_kwargs = dict(filled.partial_kwargs)
    if getattr(load_context(), "fills_defaults", False) and filled.executor_config:
        fix(filled)
    return filled.executor_config
