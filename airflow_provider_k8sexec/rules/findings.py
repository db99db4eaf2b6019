"""What a rule finds: the part of a pod, its value, why it cannot stand, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from attrs import evolve, field, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.paths import iter_children

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath, Path


class Names(Protocol):
    """What knows the authors' words for parts of a pod, or of options."""

    def name_path(self, path: Path) -> str:
        """Write a path as the author of the part would."""

    def name_holder(self, path: Path) -> str:
        """Write the mapping whose key a path ends with, as its author would."""


@frozen
class Finding:
    """One mistake in a manifest, or in the options of a task.

    Attributes:
        path: The part, by the keys and indices that lead to it.
        value: What it has, as errors show it; empty where it has nothing, or must not be shown.
        reason: Why that cannot stand, as a clause.
        remedy: What to write instead, as an imperative.
        code: That of the problem.
        is_of_key: Whether the last key of the path is the mistake, and not what it holds: the author looks
            for it in the mapping.
    """

    path: Path
    value: str
    reason: str
    remedy: str
    code: str
    is_of_key: bool = False

    def named(self, names: Names) -> Problem:
        """Give the mistake in the words of the part's author."""
        name = names.name_holder if self.is_of_key else names.name_path
        return Problem(name(self.path), self.value, self.reason, self.remedy, self.code)


def of_key(path: Path, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give findings about the last key of a path."""
    return (evolve(finding, path=path, is_of_key=True) for finding in findings)


def name_findings(findings: Iterable[Finding], names: Names) -> list[Problem]:
    """Give findings in their authors' words, each once: two fields may come from one option."""
    return list(dict.fromkeys(finding.named(names) for finding in findings))


def by_name(path: Path, item: Mapping[str, Any]) -> NamedPath:
    """Give the path of a container or volume by its name: in the merged pod it stands in another place."""
    return (*map(str, path[:-1]), f"[{item.get('name')}]")


def find_path(pod: Manifest, named: NamedPath) -> Path | None:
    """Find the keys and indices of a path by names; ``None`` where the pod has no such part."""
    path: Path = ()
    here: Any = pod
    for step in named:
        keys = range(len(here)) if isinstance(here, list) else here
        field = str(path[-1]) if path else ""
        plain = isinstance(here, list) and not all(isinstance(item, dict) for item in here)
        steps = (
            [f"[{item}]" for item in here] if plain else [child for child, _ in iter_children(here, field)]
        )
        key = next(
            (
                key
                for key, child in zip(keys or (), steps, strict=False)
                if child.strip("[]") == step.strip("[]")
            ),
            None,
        )
        if key is None:
            return None
        path, here = (*path, key), here[key]
    return path


@frozen
class Breach:
    """One field of a pod that a rule of the site forbids.

    Attributes:
        rule: The rule: the name of an option, with the control's own name where it has several.
        path: The field; the items of lists go by name, because they stand elsewhere in the merged pod.
        value: What it has; ``None`` where it has nothing and should have something.
        problem: The same, for people.
    """

    rule: str
    path: NamedPath
    value: Any = field(eq=str)
    problem: Problem = field(eq=False)
