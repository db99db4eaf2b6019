"""The pod of a task, with what its author calls each part: the merged pod has other indices and names."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.cli.shown_try import FIRST_TRY, ShownTry
from airflow_provider_k8sexec.options.paths import iter_children, write_field
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.pod.provenance import gather_origins, resolve_origins
from airflow_provider_k8sexec.render.explanation import load_ingredients
from airflow_provider_k8sexec.render.started_pod import StartedMerge
from airflow_provider_k8sexec.rules.findings import find_path
from airflow_provider_k8sexec.site_policy.validate import read_requested

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath, Path
    from airflow_provider_k8sexec.options.requested_pod import RequestedPod
    from airflow_provider_k8sexec.pod.provenance import Origins

_MOST_NAMES = 3
_STEP = re.compile(r"\.?(?P<field>[^.\[\]]+)|\[(?P<item>[^\]]*)\]")


def load_pod(task: Any, kind: str, shown: ShownTry = FIRST_TRY) -> TaskPod:
    """Merge one of the pods of a task.

    Args:
        task: The task.
        kind: Which of its pods.
        shown: The try whose pod it is.

    Raises:
        K8sExecError: The executor would fail on it, or the operator that starts it.
    """
    if kind == STARTED_POD:
        started = StartedMerge.load(task, shown.number)
        pod = started.render()
        return TaskPod(pod, started.requested, lambda: started.resolve_origins(pod))
    return TaskPod.load(task, shown)


@frozen(slots=False)
class TaskPod:
    """A pod of a task as it would be created.

    Attributes:
        pod: The pod.
        requested: What the task requests of it.
        find_origins: Finds who set each of its fields.
    """

    pod: Manifest
    requested: RequestedPod
    find_origins: Callable[[], Origins]

    @classmethod
    def load(cls, task: Any, shown: ShownTry = FIRST_TRY) -> TaskPod:
        """Merge the pod of a task as the executor would launch it.

        Raises:
            K8sExecError: The executor would fail on it.
        """
        merge = shown.load_merge(task)
        pod = merge.render()

        def find_origins() -> Origins:
            return gather_origins(resolve_origins(pod, load_ingredients(merge)))

        return cls(pod, read_requested(task.executor_config, merge.run.coordinator), find_origins)

    def parse_field(self, field: str) -> Path:
        """Give the path that a server has written: ``spec.containers[0].image``."""
        path: list[str | int] = []
        here: Any = self.pod
        for match in _STEP.finditer(field):
            step = match["field"] or match["item"] or ""
            key = int(step) if isinstance(here, list) and step.isdecimal() else step
            path.append(key)
            here = here[key] if _holds(here, key) else None
        return tuple(path)

    def name_path(self, path: Path) -> str:
        """Write a path as the author of the part would; what is not the author's, after who set it."""
        named, below = self._name_steps(path)
        own = self._find_own(named)
        if own is not None and self.requested.origin_of((*own, *below)):
            return self.requested.name_path((*own, *below))
        inner = [] if own is None or below else self._name_options_in(own)
        if 0 < len(inner) <= _MOST_NAMES:
            return " and ".join(inner)
        origins = () if below else self._origins.get(named, ())
        return f"{' and '.join(origins)}: {write_field(path)}" if origins else write_field(path)

    def is_own(self, path: Path) -> bool:
        """Report whether what the pod has at a path is the task's own, whose author may read it."""
        return self._find_own(self._name_steps(path)[0]) is not None

    def _find_own(self, named: NamedPath) -> Path | None:
        """Find a part in what the task and its layers request."""
        return find_path(self.requested.pod, named) if named else None

    def _name_options_in(self, path: Path) -> list[str]:
        """Write what sets the fields of a part: ``memory``, where a server finds ``requests`` wrong."""
        inner = (origin for part, origin in self.requested.origins.items() if part[: len(path)] == path)
        return list(dict.fromkeys(map(str, inner)))

    def _name_steps(self, path: Path) -> tuple[NamedPath, Path]:
        """Give the steps of a path, with items by their names, and the rest that the pod does not have."""
        named: list[str] = []
        here: Any = self.pod
        for position, step in enumerate(path):
            if not _holds(here, step):
                return tuple(named), path[position:]
            children = [child for child, _ in iter_children(here, named[-1] if named else "")]
            named.append(children[list(range(len(here)) if isinstance(here, list) else here).index(step)])
            here = here[step]
        return tuple(named), ()

    @cached_property
    def _origins(self) -> Origins:
        return self.find_origins()


def _holds(holder: Any, key: object) -> bool:
    return (
        key in range(len(holder)) if isinstance(holder, list) else isinstance(holder, dict) and key in holder
    )
