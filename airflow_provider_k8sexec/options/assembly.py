"""A manifest in the making: manifests laid over one another, with the origin of each part.

Mappings merge by key, except for those that are replaced as a whole (``seccompProfile``). Lists of named
items merge by name: an inner container is merged with the outer one; any other item (a variable, a volume, a
mount, the spread over a topology) has one source, so the inner one replaces the outer one. Other lists of
mappings are joined without repeats. For anything else, the inner value wins. Source:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.manifests import (
    CONTAINERS,
    WHOLE,
    Manifest,
    are_mappings,
    find_identity,
)
from airflow_provider_k8sexec.options.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_k8sexec.options.paths import Path

WORKER: Path = ("spec", "containers", 0)
"""The worker's container: Airflow merges containers by position, and its own is the first."""


_NOBODY = Origin("", "")


def merge_manifests(outer: Manifest, inner: Manifest) -> Manifest:
    """Lay one manifest over another, where who set what does not matter; neither is changed."""
    assembly = Assembly(outer)
    assembly.lay_manifest(inner, _NOBODY)
    return assembly.pod


class Assembly:
    """A manifest in the making, such as a partial pod.

    Attributes:
        pod: The pod; every mapping and list in it is its own.
        origins: Who set what, by path.
    """

    def __init__(self, pod: Manifest, origins: Mapping[Path, Origin] | None = None) -> None:
        self.pod: Manifest = copy_manifest(pod)
        self.origins: dict[Path, Origin] = dict(origins or {})

    def lay(self, path: Path, value: Any, origin: Origin) -> None:
        """Lay a value over what is at a path."""
        self._lay(self._open(path[:-1]), path, value, origin)

    def lay_manifest(self, manifest: Manifest, origin: Origin) -> None:
        """Lay a whole manifest, whose author calls it as its origin says, over the pod."""
        for key, value in manifest.items():
            self._lay(self.pod, (key,), value, origin.part((key,)))

    def lay_items(self, path: Path, items: Iterable[tuple[Any, Origin]]) -> None:
        """Lay items over the list at a path."""
        given = list(items)
        if not given:
            return
        holder = self._open(path[:-1])
        if not are_mappings(holder.get(path[-1])):
            self._forget_below(path)
            holder[path[-1]] = []
        self._lay_items(holder[path[-1]], path, given)

    def remove(self, path: Path) -> None:
        """Take off what is at a path, if it is there, and what is empty without it."""
        here: Any = self.pod
        for step in path[:-1]:
            here = here.get(step) if isinstance(here, dict) else None
        if isinstance(here, dict) and path[-1] in here:
            del here[path[-1]]
            self._forget_below(path)
            if not here and len(path) > 1:
                self.remove(path[:-1])

    def order_items(self, path: Path, positions: list[int]) -> None:
        """Put the items of the list at a path into another order.

        Args:
            path: The list.
            positions: The position that each item has had, in the new order.
        """
        here: Any = self.pod
        for step in path:
            here = here[step]
        here[:] = [here[position] for position in positions]
        length = len(path)
        moved: dict[Any, int] = {before: after for after, before in enumerate(positions)}
        self.origins = {
            (*path, moved[known[length]], *known[length + 1 :])
            if known[:length] == path and len(known) > length
            else known: origin
            for known, origin in self.origins.items()
        }

    def place_worker(self, name: str) -> None:
        """Make sure that the first container has the worker's name, whatever has been laid over it."""
        self._open(WORKER).setdefault("name", name)

    def _open(self, path: Path) -> Any:
        """Give the mapping at a path, made if need be; what is of another shape gives way to it."""
        here: Any = self.pod
        for position, (step, after) in enumerate(zip(path, (*path[1:], ""), strict=True), 1):
            empty: Any = [] if isinstance(after, int) else {}
            if isinstance(step, int):
                if not are_mappings(here) or len(here) <= step:
                    here[:] = [{}]
            elif not isinstance(here.get(step), type(empty)):
                self._forget_below(path[:position])
                here[step] = empty
            here = here[step]
        return here

    def _lay(self, holder: Any, path: Path, value: Any, origin: Origin) -> None:
        key = path[-1]
        there = holder.get(key)
        if isinstance(there, dict) and isinstance(value, dict) and key not in WHOLE:
            for name, item in value.items():
                self._lay(there, (*path, name), item, origin.part((name,)))
        elif are_mappings(there) and are_mappings(value):
            items = [(item, origin.part((index,))) for index, item in enumerate(value)]
            self._lay_items(there, path, items)
        elif there is None:
            holder[key] = copy_manifest(value)
            self.origins[path] = origin
        elif there != value or type(there) is not type(value):  # who repeats what is there has not set it
            self._forget_below(path)
            holder[key] = copy_manifest(value)
            self.origins[path] = origin

    def _lay_items(self, there: list[Manifest], path: Path, items: list[tuple[Any, Origin]]) -> None:
        key = str(path[-1])
        identity = find_identity(key, [*there, *(item for item, _ in items)])
        before = list(there)
        known = [tuple(item[name] for name in identity) for item in there]
        positions = {names: index for index, names in enumerate(known) if names}
        for item, origin in items:
            position = positions.get(tuple(item[name] for name in identity))
            if position is None and (identity or item not in before):
                self.origins[(*path, len(there))] = origin
                there.append(copy_manifest(item))
            elif position is not None and key in CONTAINERS:
                for name, value in item.items():
                    self._lay(there[position], (*path, position, name), value, origin.part((name,)))
            elif position is not None and there[position] != item:
                self._forget_below((*path, position))
                there[position] = copy_manifest(item)
                self.origins[(*path, position)] = origin

    def _forget_below(self, path: Path) -> None:
        """Forget who set what has been replaced."""
        for known in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[known]


def copy_manifest(value: Any) -> Any:
    """Copy the mappings and lists of a manifest; what is in them is shared."""
    if isinstance(value, dict):
        return {key: copy_manifest(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_manifest(item) for item in value]
    return value
