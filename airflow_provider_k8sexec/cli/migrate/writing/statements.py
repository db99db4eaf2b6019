"""Statements that are removed, with their comments passed on to the statement below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst
from attrs import evolve, field, frozen

from airflow_provider_k8sexec.cli.migrate.writing.comments import all_comments, without_pragmas

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Import = cst.Import | cst.ImportFrom
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
        are_imports: Whether they imported something.
    """

    blank: EmptyLines = field(factory=list)
    comments: EmptyLines = field(factory=list)
    are_first: bool = False
    are_imports: bool = False


def split_leading(lines: Sequence[cst.EmptyLine]) -> tuple[EmptyLines, EmptyLines]:
    """Divide the lines above a statement into the blank ones at their beginning, and the rest."""
    count = next((place for place, line in enumerate(lines) if line.comment), len(lines))
    return list(lines[:count]), list(lines[count:])


def _join(removed: Removed, statement: Statement) -> EmptyLines:
    """Give the lines above a statement, with those of what was removed before it."""
    blank, rest = split_leading(statement.leading_lines)
    # A value takes the comments of what it was made of for its own; a function or an import does not.
    is_apart = removed.are_imports or not isinstance(statement, cst.SimpleStatementLine)
    if removed.comments and is_apart:
        return [*removed.blank, *removed.comments, *blank, *rest]
    above = removed.blank if removed.are_first else max(removed.blank, blank, key=len)
    return [*above, *removed.comments, *rest]


def replace_statements(block: Block, replace: Callable[[Statement], Statement | None]) -> Block:
    """Replace statements of a block, or remove them.

    Args:
        block: The block.
        replace: Gives what a statement becomes; ``None`` where it is removed.
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
            made = made.with_changes(leading_lines=_join(removed, made))
            removed = None
        body.append(made)
    below: EmptyLines = [] if removed is None else removed.comments
    return block.with_changes(body=body, footer=[*below, *block.footer])


def _add(removed: Removed | None, statement: Statement, *, are_first: bool) -> Removed:
    blank, rest = split_leading(statement.leading_lines)
    comments = [*rest, *(cst.EmptyLine(comment=cst.Comment(text)) for text in _comments_in(statement))]
    if removed is None:
        return Removed(blank, comments, are_first, bool(imports_in(statement)))
    return evolve(removed, comments=[*removed.comments, *comments])


def split_attached(lines: Sequence[cst.EmptyLine]) -> tuple[EmptyLines, EmptyLines]:
    """Divide the lines above a statement into the further ones, and the comments right above it."""
    count = next((place for place, line in enumerate(reversed(lines)) if not line.comment), len(lines))
    return list(lines[: len(lines) - count]), list(lines[len(lines) - count :])


def _comments_in(statement: Statement) -> Iterable[str]:
    """Give the comments of a statement itself, without those for tools."""
    inside = statement.with_changes(leading_lines=[])
    kept = (without_pragmas(comment.value) for comment in all_comments(inside))
    return [text for text in kept if text]


def imports_in(statement: Statement) -> list[Import]:
    """Give what a statement imports; nothing of one that does other things."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return []
    found = [part for part in statement.body if isinstance(part, (cst.Import, cst.ImportFrom))]
    return found if len(found) == len(statement.body) else []
