"""A pod from which parts are taken, one after the other, as options are found that stand for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.manifests import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

BASE: Path = ("spec", "containers", 0)
"""The worker's container of a pod that is requested."""

_WORKER_NAME: Path = (*BASE, "name")

_PLAIN_MAPPINGS = frozenset({"labels", "annotations", "nodeSelector", *SIDES})
"""Mappings that Airflow's merge takes for unset if they are empty; of models, an empty one has an effect."""

_WITHOUT_EFFECT: frozenset[Path] = frozenset({(), ("metadata",), ("spec",)})
_PARTS = _WITHOUT_EFFECT | {BASE[:-1], BASE, (*BASE, "resources")}
"""Parts of which empty fields are left out, though options stand for none of their fields."""

_GONE: Any = object()


@frozen
class Rest:
    """A pod of which options stand for some parts already.

    Attributes:
        pod: The whole pod; it is never changed.
        written: The options that were found, with the fields that each stands for.
    """

    pod: Manifest
    written: dict[str, tuple[Any, tuple[Path, ...]]] = field(factory=dict)
    _taken: set[Path] = field(factory=set)
    _divided: set[Path] = field(factory=set)

    def at(self, path: Path) -> Any:
        """Give what the pod has at a path; ``None`` where it has nothing."""
        here: Any = self.pod
        for step in path:
            if isinstance(here, dict):
                here = here.get(step)
            elif isinstance(here, list) and isinstance(step, int):
                here = here[step] if step < len(here) else None
            else:
                return None
        return here

    def items_at(self, path: Path) -> list[tuple[Path, Any]]:
        """Give the items of a list with their paths; none where there is no list."""
        items = self.at(path)
        return [((*path, index), item) for index, item in enumerate(items)] if isinstance(items, list) else []

    def write(self, option: str, value: Any, fields: Iterable[Path]) -> None:
        """Let an option stand for fields; what is empty is no option, but the fields are taken."""
        taken = tuple(fields)
        for path in taken:
            self.drop(path)
        if value not in ({}, []):
            self.written[option] = (value, taken)

    def drop(self, path: Path) -> None:
        """Take a field for which no option need stand."""
        self._taken.add(path)
        self._divided.update(path[:length] for length in range(len(path)))

    def left(self) -> tuple[Manifest, list[Path]]:
        """Give what no option stands for, and its fields in the pod."""
        fields: list[Path] = []
        left = self._prune((), self.pod, fields)
        return ({}, []) if left is _GONE else (left, fields)

    def _prune(self, path: Path, value: Any, fields: list[Path]) -> Any:
        """Give what is left of a part of which options may stand for parts."""
        if path in self._taken or value is None or _is_unset(path, value):
            return _GONE
        is_whole = path not in self._divided and path not in _PARTS
        if is_whole or not isinstance(value, (dict, list)):
            fields.extend([path] if path != _WORKER_NAME else [])
            return value
        if isinstance(value, dict):
            left: Any = {key: self._prune((*path, key), item, fields) for key, item in value.items()}
            left = {key: item for key, item in left.items() if item is not _GONE}
            is_empty = not left and (path in self._divided or path in _WITHOUT_EFFECT)
            return _GONE if is_empty or (path == BASE and [*left] in ([], ["name"])) else left
        left = [self._prune((*path, index), item, fields) for index, item in enumerate(value)]
        is_worker_gone = path == BASE[:-1] and left[:1] == [_GONE]
        left = [item for item in left if item is not _GONE]
        # The rules look for the worker's container in an override that has containers.
        return [{"name": WORKER_CONTAINER}, *left] if left and is_worker_gone else left or _GONE


def _is_unset(path: Path, value: Any) -> bool:
    """Report whether Airflow's merge takes an empty value for unset."""
    is_plain = value == [] or (value == {} and bool(_PLAIN_MAPPINGS.intersection(path[-1:])))
    return is_plain and path[:-1] in _PARTS
