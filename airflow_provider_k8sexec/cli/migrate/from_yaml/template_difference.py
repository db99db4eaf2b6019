"""What a pod template has beyond another one, as the partial pod that Airflow lays over that other one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.executor_names import EXECUTOR_KEYS, WORKER_CONTAINER, WORKER_VARIABLE
from airflow_provider_k8sexec.options.manifests import find_identity
from airflow_provider_k8sexec.options.paths import show_path, step_to
from airflow_provider_k8sexec.pod.normal_form import without_defaults

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath

_MERGED = frozenset({"metadata", "spec", "labels", "annotations"})
"""Mappings that Airflow merges by their keys; any other one is taken whole."""

_JOINED = frozenset({"env", "envFrom", "initContainers", "ports", "volumeDevices", "volumeMounts", "volumes"})
"""Lists to which Airflow adds what lies over them; any other one is taken whole."""

_WORKER: NamedPath = ("spec", "containers", f"[{WORKER_CONTAINER}]")

_SET_BY_EXECUTOR: dict[NamedPath, str] = {
    ("metadata", "name"): "the executor gives each pod a name of its own",
    ("metadata", "namespace"): "the executor gives each pod its namespace",
    (*_WORKER, "args"): "the executor gives them to each worker",
    (*_WORKER, "env", f"[{WORKER_VARIABLE}]"): "the executor sets it in each worker",
    **{
        ("metadata", kind, step_to(key)): "the executor sets it on each pod"
        for kind in ("labels", "annotations")
        for key in EXECUTOR_KEYS
    },
}
_IMAGE: NamedPath = (*_WORKER, "image")
_OF_TEMPLATES: dict[NamedPath, str] = {
    ("status",): "Kubernetes ignores it of a new pod",
    (*_WORKER, "command"): "it is how Airflow starts the task, which a profile does not replace",
    ("metadata", "generateName"): "it names the pods of the executor, which a profile does not",
}


@frozen
class TemplateDifference:
    """What a pod template has beyond its base.

    Attributes:
        worker_image: The image that the executor gives every worker, if it does.
        left_out: What is not in the partial pod, and why, as sentences.
    """

    worker_image: str | None = None
    left_out: list[str] = field(factory=list)

    def find(self, template: Manifest, base: Manifest) -> Manifest:
        """Find the partial pod that makes the base the template, as far as one does."""
        with_kind = {"apiVersion": "v1", "kind": "Pod"}
        return self._find_fields({**template, **with_kind}, {**base, **with_kind}, ())

    def _find_fields(self, template: Manifest, base: Manifest, path: NamedPath) -> Manifest:
        more: Manifest = {}
        for key in dict.fromkeys([*base, *template]):
            here = (*path, step_to(key))
            ours, below = template.get(key), base.get(key)
            if ours == below or self._is_left_out(here, ours):
                continue
            is_default = below is None and not without_defaults(path[-1] if path else "", {key: ours})
            if _is_unset(ours) or is_default:
                self._report_missing(here, below)
                continue
            part = self._find_part(key, ours, below, here)
            if part is not None:
                more[key] = part
        return more

    def _find_part(self, key: str, ours: Any, below: Any, here: NamedPath) -> Any:
        if key in _MERGED and isinstance(ours, dict) and isinstance(below, (dict, type(None))):
            return self._find_fields(ours, below or {}, here) or None
        if key == "containers" and isinstance(ours, list):
            return self._find_containers(ours, below or [], here) or None
        if key in _JOINED and isinstance(ours, list):
            return [*self._find_items(key, ours, below or [], here)] or None
        return ours

    def _find_containers(self, ours: list[Any], below: list[Any], here: NamedPath) -> list[Any]:
        """Airflow merges containers by position; the first is the worker's."""
        worker = self._find_fields(ours[0], below[0] if below else {}, (*here, f"[{WORKER_CONTAINER}]"))
        for item in below[len(ours) :]:
            self._report_missing((*here, f"[{item.get('name')}]"), item)
        others = ours[1:] if ours[1:] != below[1:] else []
        worker.pop("name", None)
        return [{"name": WORKER_CONTAINER, **worker}, *others] if worker or others else []

    def _find_items(self, key: str, ours: list[Any], below: list[Any], here: NamedPath) -> Iterator[Any]:
        identity = find_identity(key, [*ours, *below])
        names = [tuple(item[name] for name in identity) for item in below]
        for item in ours:
            name = tuple(item[part] for part in identity)
            if item not in below and not self._is_left_out((*here, f"[{name[0] if name else ''}]"), item):
                yield item
            if name in names:
                names.remove(name)
        for name in names if identity else []:
            self._report_missing((*here, f"[{name[0]}]"), name)
        if not identity:
            for position, item in enumerate(below):
                self._report_missing((*here, f"[{position}]"), None if item in ours else item)

    def _is_left_out(self, here: NamedPath, value: Any) -> bool:
        """Report whether a field is none of a profile's, and why."""
        reason = _SET_BY_EXECUTOR.get(here) or _OF_TEMPLATES.get(here)
        if here == _IMAGE and self.worker_image:
            reason = "[kubernetes_executor] worker_container_repository gives every worker its image"
        if reason and not _is_unset(value):
            self.left_out.append(f"{show_path(here)} is left out: {reason}.")
        return bool(reason)

    def _report_missing(self, here: NamedPath, below: Any) -> None:
        if not _is_unset(below) and below is not False:
            self.left_out.append(
                f"{show_path(here)} is in the template below alone, and no profile takes it off."
            )


def _is_unset(value: Any) -> bool:
    return value is None or value in ("", [], {})
