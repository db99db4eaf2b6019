"""What a server leaves out of a pod that it takes: fields that are newer than it, or switched off.

Source: https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/. A field whose
feature gate is off is dropped without a warning; strict validation only refuses what the server does not
know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.bounds import DEEPEST
from airflow_provider_k8sexec.options.manifests import are_mappings, find_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path

_COMPARED = (("spec",), ("metadata", "labels"), ("metadata", "annotations"))
"""The rest of a pod is the server's own, such as ``status``."""


def find_dropped_fields(sent: Manifest, kept: Manifest) -> list[Path]:
    """Find the fields of a pod that a server has not kept, each by its path in the pod that was sent.

    A field counts as kept whatever its value is: servers write amounts in a form of their own, and admission
    changes values. Servers leave out what is empty, false or 0, for that means the same.
    """
    return [
        path
        for steps in _COMPARED
        for path in _compare(_part(sent, steps), _part(kept, steps), steps, DEEPEST)
    ]


def _part(pod: Manifest, steps: Path) -> Any:
    part: Any = pod
    for step in steps:
        part = part.get(step) or {}
    return part


def _compare(sent: Any, kept: Any, path: Path, levels: int) -> Iterator[Path]:
    if not levels:
        return
    if isinstance(sent, dict):
        for key, value in sent.items():
            if not value:
                continue
            if not isinstance(kept, dict) or kept.get(key) is None:
                yield (*path, key)
            else:
                yield from _compare(value, kept[key], (*path, key), levels - 1)
    elif are_mappings(sent) and are_mappings(kept):
        yield from _compare_items(sent, kept, path, levels - 1)


def _compare_items(sent: list[Manifest], kept: list[Manifest], path: Path, levels: int) -> Iterator[Path]:
    """Compare two lists, whose items admission may have moved: each with the item that is most like it."""
    left = dict(enumerate(kept))
    identity = find_identity(str(path[-1]), sent)
    for index, item in enumerate(sent):
        here = (*path, index)
        same = [
            number
            for number, other in left.items()
            if all(other.get(name) == item[name] for name in identity)
        ]
        if not same:
            yield here
            continue
        lost = {number: list(_compare(item, left[number], here, levels)) for number in same}
        best = min(same, key=lambda number: (len(lost[number]), left[number] != item, number))
        yield from lost[best]
        del left[best]
