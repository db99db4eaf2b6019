"""The comments inside an expression that is replaced: each is kept, at the option that replaces its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import libcst as cst
from attrs import field, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.writing.positions import Point, Range
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

    Positions = Mapping[cst.CSTNode, Range]

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
        about: The first and the last line of the brackets that end on its line, or else begin there.
    """

    line: int
    text: str
    is_trailing: bool
    before_closing: bool
    about: tuple[int, int]


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
    found: list[Comment] = []
    for node in nodes:
        comments = [*all_comments(node)]
        spans = _find_spans(node, positions) if comments else []
        found += [_read(comment, positions[comment].start, lines, spans) for comment in comments]
    return [comment for comment in found if comment.text]


def _find_spans(node: cst.CSTNode, positions: Positions) -> list[tuple[int, int]]:
    """Find the lines of the expressions inside a node that have several."""
    found = (positions[part] for part in walk(node) if isinstance(part, cst.BaseExpression))
    spans = {(where.start.line, where.end.line) for where in found}
    return [(first, last) for first, last in spans if first < last]


def all_comments(node: cst.CSTNode) -> Iterator[cst.Comment]:
    """Give the comments inside a node, in their order."""
    return (part for part in walk(node) if isinstance(part, cst.Comment))


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Give a node and all that is in it, in their order."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(part.children))


def _read(
    comment: cst.Comment, start: Point, lines: Sequence[str], spans: Sequence[tuple[int, int]]
) -> Comment:
    below = (lines[number] for number in range(start.line, len(lines)))
    following = next((line for line in below if not _is_blank(line)), "")
    ending = [first for first, last in spans if last == start.line]
    beginning = [last for first, last in spans if first == start.line]
    return Comment(
        start.line,
        without_pragmas(comment.value),
        is_trailing=bool(lines[start.line - 1][: start.column].strip()),
        before_closing=following.lstrip().startswith(_CLOSING),
        about=(min(ending, default=start.line), max(beginning if not ending else (), default=start.line)),
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
    comments: Iterable[Comment],
    options: Sequence[WrittenOption],
    field_lines: Mapping[Path, int],
    opening_line: int = 0,
) -> Placed:
    """Find the place of each comment among the options.

    Args:
        comments: The comments, in their order.
        options: The options that replace the expression.
        field_lines: The line of each field that the expression writes.
        opening_line: The line of its opening bracket, if options have brackets of their own.
    """
    opening = ""
    above_all: list[str] = []
    above: dict[str, list[str]] = {}
    beside: dict[str, list[str]] = {}
    for comment in comments:
        names = _find_options(comment, options, field_lines)
        if not names and comment.is_trailing and comment.line == opening_line:
            opening = comment.text
        elif not names:
            above_all.append(comment.text)
        elif comment.is_trailing and len(names) == 1:
            beside.setdefault(names[0], []).append(comment.text)
            above.setdefault(names[0], []).append(comment.text)
        else:
            above.setdefault(names[0], []).append(comment.text)
    alone = {name: texts[0] for name, texts in beside.items() if len(texts) == 1}
    for name, text in alone.items():
        above[name].remove(text)
    kept = {name: tuple(texts) for name, texts in above.items() if texts}
    return Placed(opening, tuple(above_all), kept, alone)


def _find_options(
    comment: Comment, options: Sequence[WrittenOption], field_lines: Mapping[Path, int]
) -> list[str]:
    """Find the options that stand for what a comment is at; none where it is at the whole."""
    first, last = _find_lines(comment, field_lines)
    paths = [path for path, line in field_lines.items() if first <= line <= last]
    found = [option.name for option in options if _has_any(option, paths)]
    if found:
        return [] if comment.is_trailing and first < last and len(found) == len(options) > 1 else found
    inside = [option.name for option in options if _is_in_any(option, paths)]
    # What is beside the whole of the pod is beside none of its options.
    return inside if len(inside) == 1 or not comment.is_trailing else []


def _is_in_any(option: WrittenOption, paths: Iterable[Path]) -> bool:
    return any(_begins(own, path) for own in option.fields for path in paths)


def _has_any(option: WrittenOption, paths: Iterable[Path]) -> bool:
    return any(_begins(path, own) for own in option.fields for path in paths)


def _begins(path: Path, beginning: Path) -> bool:
    return path[: len(beginning)] == beginning


def _find_lines(comment: Comment, field_lines: Mapping[Path, int]) -> tuple[int, int]:
    """Find the lines whose fields a comment is at: its own, or those of a bracket; else the nearest one."""
    lines = field_lines.values()
    if comment.is_trailing:
        return (comment.line, comment.line) if comment.line in lines else comment.about
    if comment.before_closing:
        line = max((line for line in lines if line < comment.line), default=0)
    else:
        line = min((line for line in lines if line > comment.line), default=0)
    return line, line
