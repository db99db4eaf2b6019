"""Statements that are removed, with their comments passed on to the statement below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst
from attrs import field, frozen

from airflow_provider_k8sexec.cli.migrate.comments import all_comments, without_pragmas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
Block = TypeVar("Block", cst.Module, cst.IndentedBlock)
EmptyLines = list[cst.EmptyLine]


@frozen
class Removed:
    """What is left of statements that are removed.

    Attributes:
        blank: The blank lines above them.
        comments: Their comments.
        are_first: Whether they were at the beginning of their block.
    """

    blank: EmptyLines = field(factory=list)
    comments: EmptyLines = field(factory=list)
    are_first: bool = False


def split_leading(lines: Sequence[cst.EmptyLine]) -> tuple[EmptyLines, EmptyLines]:
    """Divide the lines above a statement into the blank ones at their beginning, and the rest."""
    count = next((place for place, line in enumerate(lines) if line.comment), len(lines))
    return list(lines[:count]), list(lines[count:])


def join_attached(removed: Removed, blank: EmptyLines, rest: EmptyLines) -> EmptyLines:
    """Give the lines above a statement that takes the comments of those before it for its own."""
    above = removed.blank if removed.are_first else max(removed.blank, blank, key=len)
    return [*above, *removed.comments, *rest]


def join_apart(removed: Removed, blank: EmptyLines, rest: EmptyLines) -> EmptyLines:
    """Give the lines above a statement that stays as far as it was from the comments of those before it."""
    if removed.comments:
        return [*removed.blank, *removed.comments, *blank, *rest]
    return join_attached(removed, blank, rest)


def replace_statements(
    block: Block,
    replace: Callable[[Statement], Statement | None],
    join: Callable[[Removed, EmptyLines, EmptyLines], EmptyLines],
) -> Block:
    """Replace statements of a block, or remove them.

    Args:
        block: The block.
        replace: Gives what a statement becomes; ``None`` where it is removed.
        join: Gives the lines above the statement after those that are removed.
    """
    body: list[Statement] = []
    removed: Removed | None = None
    statements: Sequence[Any] = block.body
    for statement in statements:
        made = replace(statement)
        if made is None:
            removed = _add(removed, statement, are_first=not body)
            continue
        if removed:
            made = made.with_changes(leading_lines=join(removed, *split_leading(made.leading_lines)))
            removed = None
        body.append(made)
    below: EmptyLines = [] if removed is None else removed.comments
    return block.with_changes(body=body, footer=[*below, *block.footer])


def _add(removed: Removed | None, statement: Statement, *, are_first: bool) -> Removed:
    blank, rest = split_leading(statement.leading_lines)
    comments = [*rest, *(cst.EmptyLine(comment=cst.Comment(text)) for text in _comments_in(statement))]
    if removed is None:
        return Removed(blank, comments, are_first)
    return Removed(removed.blank, [*removed.comments, *comments], removed.are_first)


def _comments_in(statement: Statement) -> Iterable[str]:
    """Give the comments of a statement itself, without those for tools."""
    inside = statement.with_changes(leading_lines=[])
    kept = (without_pragmas(comment.value) for comment in all_comments(inside))
    return [text for text in kept if text]
