"""What the value of an environment variable refers to: ``$(NAME)``, replaced by Kubernetes.

Kubernetes goes through the variables of a container from the first to the last, after those of ``envFrom``,
and replaces a reference by the value that is defined so far. A reference to anything else, such as a variable
that stands below, stays as it is, and the task gets the literal text.
Source: https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, field

_ESCAPE_OR_REFERENCE = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def split_references(text: str) -> Iterator[str | tuple[str]]:
    """Split a value as Kubernetes does, into literals and, each in a tuple, the names that are referred to.

    ``$$`` stands for ``$``; anything else that is not a reference stands for itself.
    """
    if "$" not in text:
        yield text
        return
    # Behind the last bracket there is no reference, and the pattern would look for its end again and again.
    end = text.rfind(")") + 1
    literal, position = "", 0
    for found in _ESCAPE_OR_REFERENCE.finditer(text, 0, end):
        literal = text[position : found.start()]
        position = found.end()
        if found[1]:
            yield f"{literal}$"
        else:
            yield literal
            yield (found[2],)
    yield text[position:end] + text[end:].replace("$$", "$")


def names_in(value: object) -> list[str]:
    """Give the names that a value refers to, each once; none where it is no string."""
    if not isinstance(value, str) or "$(" not in value:
        return []
    return list(dict.fromkeys(part[0] for part in split_references(value) if isinstance(part, tuple)))


@define
class ReferenceOrder:
    """An order of variables in which each stands below those that it refers to, stable otherwise.

    A reference of a variable to its own name is to what the pod template, or ``envFrom``, gives that name.

    Attributes:
        positions: The positions of all variables, in that order.
        rings: The names of variables that refer to themselves by way of others, each ring once:
            ``["A", "B", "A"]``. Of these there is no such order.
    """

    positions: list[int] = field(factory=list)
    rings: list[list[str]] = field(factory=list)

    @classmethod
    def of(cls, variables: Sequence[Any]) -> ReferenceOrder:
        """Find the order of the variables of a container, of any shape.

        Where a name is defined twice, the order has a meaning of its own, and is kept.
        """
        items = [item if isinstance(item, Mapping) else {} for item in variables]
        referred = [names_in(item.get("value")) for item in items]
        names = [item.get("name") for item in items]
        known = {name: index for index, name in enumerate(names) if isinstance(name, str)}
        if not any(referred) or len(known) < len(names):
            return cls([*range(len(items))])
        needs = [[known[name] for name in named if name in known] for named in referred]
        order = cls()
        done: set[int] = set()
        for index in range(len(items)):
            order._visit(index, needs, done, names)
        return order

    def _visit(self, start: int, needs: list[list[int]], done: set[int], names: list[Any]) -> None:
        """Append a variable behind all that it needs; without recursion, because a chain has no bound."""
        way: dict[int, Iterator[int]] = {} if start in done else {start: iter(needs[start])}
        while way:
            here = next(reversed(way))
            needed = next(way[here], None)
            if needed is None:
                del way[here]
                done.add(here)
                self.positions.append(here)
            elif needed in way and needed != here:
                ring = [names[index] for index in [*way][[*way].index(needed) :]]
                first = ring.index(min(ring))  # the same words wherever the search began
                self.rings.append([*ring[first:], *ring[:first], ring[first]])
            elif needed not in way and needed not in done:
                way[needed] = iter(needs[needed])
