"""The comments inside an expression that is replaced: each is kept, at the option that replaces its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from libcst.metadata import CodeRange

    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest_options import WrittenOption

    Positions = Mapping[cst.CSTNode, CodeRange]

_PRAGMA = re.compile(
    r"#\s*(noqa|type:\s*ignore|pylint:|pyright:|mypy:|fmt:|yapf:|isort:|ruff:|nosec)", re.IGNORECASE
)
_CLOSING = (")", "]", "}")


@frozen
class Comment:
    """A comment.

    Attributes:
        line: Its line.
        text: The comment, with its ``#``.
        is_trailing: Whether it follows code on its line.
        before_closing: Whether the next code after it is the end of a bracket: then it belongs to what is
            above it.
    """

    line: int
    text: str
    is_trailing: bool
    before_closing: bool


@frozen
class Placed:
    """Where comments go among the options that replace an expression.

    Attributes:
        opening: The one on the first line of the expression, beside the opening bracket.
        above_all: Those of the whole expression, above the first option.
        above: Those above each option, by its name.
        beside: The one beside an option, by its name.
    """

    opening: str = ""
    above_all: tuple[str, ...] = ()
    above: Mapping[str, tuple[str, ...]] = field(factory=dict)
    beside: Mapping[str, str] = field(factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.opening or self.above_all or self.above or self.beside)


def find_comments(nodes: Iterable[cst.CSTNode], positions: Positions, lines: Sequence[str]) -> list[Comment]:
    """Find the comments inside nodes, without those that are for tools: they were for what is replaced.

    Args:
        nodes: The nodes.
        positions: Where each node of their module is.
        lines: The lines of the module.
    """
    found = [_read(comment, positions, lines) for node in nodes for comment in all_comments(node)]
    return [comment for comment in found if comment.text]


def all_comments(node: cst.CSTNode) -> Iterator[cst.Comment]:
    """Give the comments inside a node, in their order."""
    if isinstance(node, cst.Comment):
        yield node
    for child in node.children:
        yield from all_comments(child)


def _read(comment: cst.Comment, positions: Positions, lines: Sequence[str]) -> Comment:
    start = positions[comment].start
    following = next((line for line in lines[start.line :] if not _is_blank(line)), "")
    return Comment(
        start.line,
        without_pragmas(comment.value),
        is_trailing=bool(lines[start.line - 1][: start.column].strip()),
        before_closing=following.lstrip().startswith(_CLOSING),
    )


def _is_blank(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def without_pragmas(comment: str) -> str:
    """Take the parts of a comment away that are for tools: ``# noqa: E501``."""
    parts = re.split(r"(?=#)", comment)
    if not any(_PRAGMA.match(part) for part in parts):
        return comment
    return "".join(part for part in parts if not _PRAGMA.match(part)).rstrip()


def place_comments(
    comments: Iterable[Comment], options: Sequence[WrittenOption], field_lines: Mapping[Path, int]
) -> Placed:
    """Find the place of each comment among the options.

    Args:
        comments: The comments, in their order.
        options: The options that replace the expression.
        field_lines: The line of each field that the expression writes.
    """
    above_all: list[str] = []
    at: dict[str, list[Comment]] = {}
    for comment in comments:
        option = _find_option(comment, options, field_lines)
        if option is None:
            above_all.append(comment.text)
        else:
            at.setdefault(option, []).append(comment)
    above, beside = {}, {}
    for name, found in at.items():
        trailing = [comment.text for comment in found if comment.is_trailing]
        if len(trailing) == 1:
            beside[name] = trailing[0]
        kept_above = [item.text for item in found if not (item.is_trailing and name in beside)]
        if kept_above:
            above[name] = tuple(kept_above)
    return Placed("", tuple(above_all), above, beside)


def _find_option(
    comment: Comment, options: Sequence[WrittenOption], field_lines: Mapping[Path, int]
) -> str | None:
    """Find the option that stands for what a comment is at."""
    fields = _find_fields(comment, field_lines)
    for path in sorted(fields, key=len, reverse=True):
        for option in options:
            if any(path[: len(own)] == own for own in option.fields):
                return option.name
    for path in sorted(fields, key=len, reverse=True):
        inside = [option for option in options if any(own[: len(path)] == path for own in option.fields)]
        # What is beside the whole of the pod is beside none of its options.
        if inside and (len(inside) == 1 or not comment.is_trailing):
            return inside[0].name
    return None


def _find_fields(comment: Comment, field_lines: Mapping[Path, int]) -> list[Path]:
    """Find the fields on the line of a comment; of one that has its own line, those on the next line."""
    if comment.is_trailing:
        line = comment.line
    elif comment.before_closing:
        line = max((line for line in field_lines.values() if line < comment.line), default=0)
    else:
        line = min((line for line in field_lines.values() if line > comment.line), default=0)
    return [path for path, at in field_lines.items() if at == line]
