"""Who set a part of a pod, in the words of its author."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field as attr_field
from attrs import frozen

from airflow_provider_k8sexec.options.paths import Path, write_steps

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class AuthorWords:
    """What an author calls parts of what they wrote; the parts of a part go on by their own paths.

    Attributes:
        parts: The author's steps from the whole to a part, by the path of the part below the whole.
        keys: The parts that are the key under which a mapping holds the whole.
        is_one_value: Whether the whole has no other parts to its author.
    """

    parts: Mapping[Path, Path] = attr_field(factory=dict)
    keys: frozenset[Path] = frozenset()
    is_one_value: bool = False


@frozen
class Origin:
    """Who set a part of a pod.

    Attributes:
        layer: The layer that set it, such as ``profile 'gpu'``; empty for the task's own.
        option: The option that holds it: ``volumes``, ``pod_override``; of a template, the template's name.
        steps: The author's steps from the option to the part: ``("/d",)``.
        words: The author's words for what is below it.
    """

    layer: str
    option: str
    steps: Path = ()
    words: AuthorWords = attr_field(factory=AuthorWords, eq=False, repr=False)

    def __str__(self) -> str:
        """Write the part as its author would, after the layer that it is written in."""
        layer = f"{self.layer}: " if self.layer else ""
        return f"{layer}{self.option}{write_steps(self.steps)}"

    def part(self, path: Path) -> Origin:
        """Give the origin of a part, by the path below this one."""
        for length in range(len(path), 0, -1):
            known, rest = path[:length], path[length:]
            if known in self.words.keys:
                return Origin(self.layer, self.option, (*self.steps[:-1], *rest))
            if known in self.words.parts:
                return Origin(self.layer, self.option, (*self.steps, *self.words.parts[known], *rest))
        if self.words.is_one_value or not path:
            return self
        return Origin(self.layer, self.option, (*self.steps, *path))

    @property
    def holder(self) -> Origin:
        """The origin of the mapping or list that holds the part."""
        return Origin(self.layer, self.option, self.steps[:-1])
