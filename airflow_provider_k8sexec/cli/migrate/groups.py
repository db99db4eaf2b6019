"""Which edits depend on one another: by a name, and by the DAG files in which a pod may differ."""

from __future__ import annotations

import ast
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, RemovalEdit
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, walk_file

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit

    Holder = ast.FunctionDef | ast.AsyncFunctionDef | ast.Assign | ast.AnnAssign

Key = TypeVar("Key", bound="Hashable")
Item = TypeVar("Item")


@frozen
class Placed:
    """An edit of a file.

    Attributes:
        file: The file.
        edit: The edit.
    """

    file: str
    edit: Edit


Bound = tuple[Placed, ...]
"""Edits of which all or none are made."""


def by_file(edits: Iterable[Placed]) -> dict[str, list[Edit]]:
    """Give the edits of each file, in the order of the file."""
    found: dict[str, list[Edit]] = {}
    for placed in sorted(edits, key=lambda placed: placed.edit.span):
        found.setdefault(placed.file, []).append(placed.edit)
    return found


def leave_early(edits: Sequence[Placed]) -> list[Placed]:
    """Leave out what is made only after other edits that are not made."""
    made = {(placed.file, placed.edit.span) for placed in edits}
    return [
        placed
        for placed in edits
        if all((placed.file, span) in made for span in getattr(placed.edit, "after", ()))
    ]


def group_edits(
    edits: Mapping[str, Sequence[Edit]],
    trees: Mapping[str, ast.Module],
    concerned: Mapping[str, frozenset[str]],
) -> list[tuple[frozenset[str], list[Bound]]]:
    """Group edits by the DAG files that they concern, by way of one another as well.

    Args:
        edits: The edits of each file.
        trees: The files, as they are parsed.
        concerned: The DAG files that load each file.

    Returns:
        The DAG files of each group, and its edits; what is bound to one another is in one tuple. Removals
        come last: what can be removed depends on what is rewritten.
    """
    keyed = []
    for bound in _bind(edits, trees):
        dag_files = chain.from_iterable(concerned[placed.file] for placed in bound)
        keyed.append(({*dag_files}, bound))
    return [(frozenset(dag_files), sorted(bounds, key=_is_removal)) for dag_files, bounds in _join(keyed)]


def _is_removal(bound: Bound) -> bool:
    return any(isinstance(placed.edit, RemovalEdit) for placed in bound)


def _bind(edits: Mapping[str, Sequence[Edit]], trees: Mapping[str, ast.Module]) -> Iterator[Bound]:
    """Bind edits by names: ``{"pod_override": POD}`` becomes ``POD`` only where that becomes a config."""
    placed = [Placed(file, edit) for file, edits_of in edits.items() for edit in edits_of]
    used = set(chain.from_iterable(_used_by(each.edit) for each in placed))
    keyed: list[tuple[set[int | str], Placed]] = []
    for number, each in enumerate(placed):
        holders = find_holders(trees[each.file], each.edit.span.line, each.edit.span.end_line)
        keyed.append(({number, *_used_by(each.edit), *used.intersection(holders)}, each))
    for _, bound in _join(keyed):
        yield tuple(bound)


def _used_by(edit: Edit) -> set[str]:
    """Give the names on which an edit relies."""
    if not isinstance(edit, NameEdit) or edit.after:
        return set()
    return names_in(ast.parse(edit.text.strip(), mode="eval"))


def names_in(tree: ast.AST) -> set[str]:
    """Give the names in an expression, and those of attributes."""
    nodes = [*ast.walk(tree)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def find_holders(tree: ast.Module, first: int, last: int) -> Iterator[str]:
    """Find the names that hold what stands on some lines: of variables that are set to it, and functions."""
    for holder in _holders_by_line(tree).get(first, ()):
        if last <= (holder.end_lineno or 0):
            yield from _names_of(holder)


@lru_cache(maxsize=4)
def _holders_by_line(tree: ast.Module) -> dict[int, list[Holder]]:
    """List what holds each line of a file: a file has as many lines to ask about as it has tasks."""
    found: dict[int, list[Holder]] = {}
    for node in walk_file(tree):
        if isinstance(node, (*FUNCTIONS, ast.Assign, ast.AnnAssign)):
            for line in range(node.lineno, (node.end_lineno or 0) + 1):
                found.setdefault(line, []).append(node)
    return found


def _names_of(holder: Holder) -> list[str]:
    if isinstance(holder, FUNCTIONS):
        return [holder.name]
    targets = holder.targets if isinstance(holder, ast.Assign) else [holder.target]
    return [inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name)]


def _join(keyed: Iterable[tuple[set[Key], Item]]) -> list[tuple[set[Key], list[Item]]]:
    """Join what shares a key, directly or by way of others; the order of the items stays."""
    given = [*keyed]
    parents = [*range(len(given))]
    first_with: dict[Key, int] = {}
    for number, (keys, _) in enumerate(given):
        for key in keys:
            parents[_root(parents, number)] = _root(parents, first_with.setdefault(key, number))
    joined: dict[int, tuple[set[Key], list[Item]]] = {}
    for number, (keys, item) in enumerate(given):
        of_all, items = joined.setdefault(_root(parents, number), (set(), []))
        of_all |= keys
        items.append(item)
    return [*joined.values()]


def _root(parents: list[int], number: int) -> int:
    """Find what stands for all that an item is joined with; the way there is shorter the next time."""
    while parents[number] != number:
        parents[number] = number = parents[parents[number]]
    return number
