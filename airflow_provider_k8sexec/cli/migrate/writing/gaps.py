"""The items of a bracket, and what is between them: line ends, indentation, comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import libcst as cst
from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Gap = cst.BaseParenthesizableWhitespace
Item = TypeVar("Item", cst.Arg, cst.ImportAlias)

NO_GAP = cst.SimpleWhitespace("")
SPACE = cst.SimpleWhitespace(" ")


@frozen
class Margins:
    """The indentation of a bracket that has a line for each item.

    Attributes:
        outer: That of the line on which it begins.
        step: What its items have more.
    """

    outer: str
    step: str

    @classmethod
    def of(cls, line: str, step: str) -> Margins:
        """Give those of a bracket that begins on a line: tabs below tabs, and spaces below spaces."""
        outer = line[: len(line) - len(line.lstrip())]
        is_other = outer[:1] not in step
        return cls(outer, {"\t": "\t", " ": "    "}[outer[0]] if is_other else step)

    @property
    def inner(self) -> str:
        """The indentation of the items."""
        return self.outer + self.step


@frozen
class Line(Generic[Item]):
    """An item on a line of its own, with its comments.

    Attributes:
        item: The item.
        above: The comments above it.
        beside: The comment beside it.
    """

    item: Item
    above: tuple[str, ...] = ()
    beside: str = ""

    def below(self, comments: Iterable[str]) -> Line[Item]:
        """Give the line with comments before those that are above it."""
        return evolve(self, above=(*comments, *self.above))


@frozen
class Lines(Generic[Item]):
    """All items of a bracket, each on a line of its own.

    Attributes:
        lines: The items.
        opening: The comment beside the opening bracket.
        closing: The comments above the closing one.
    """

    lines: tuple[Line[Item], ...]
    opening: str = ""
    closing: tuple[str, ...] = ()

    @property
    def have_comments(self) -> bool:
        """Whether there is a comment at any of them."""
        return bool(self.opening or self.closing or any(line.above or line.beside for line in self.lines))


def trailing_of(gap: Gap) -> str:
    """Give the comment that follows the item before a gap, on its line."""
    if isinstance(gap, cst.ParenthesizedWhitespace) and gap.first_line.comment:
        return gap.first_line.comment.value
    return ""


def own_lines_of(gap: Gap) -> tuple[str, ...]:
    """Give the comments of a gap that have lines of their own."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return ()
    return tuple(line.comment.value for line in gap.empty_lines if line.comment)


def without_comments(gap: Gap) -> Gap:
    """Give a gap without its comments."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    return gap.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])


def without_trailing(gap: Gap) -> Gap:
    """Give a gap without the comment beside the item before it."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    return gap.with_changes(first_line=cst.TrailingWhitespace())


def make_gap(beside: str, above: Iterable[str], margins: Margins, indent: str) -> Gap:
    """Make the gap between an item and one on a new line, or the closing bracket.

    Args:
        beside: The comment beside the item before.
        above: The comments above what follows.
        margins: The indentation of the items.
        indent: The indentation of what follows.
    """
    inner = cst.SimpleWhitespace(margins.inner)
    return cst.ParenthesizedWhitespace(
        first_line=cst.TrailingWhitespace(
            whitespace=cst.SimpleWhitespace("  " if beside else ""),
            comment=cst.Comment(beside) if beside else None,
        ),
        empty_lines=[
            cst.EmptyLine(indent=False, whitespace=inner, comment=cst.Comment(text)) for text in above
        ],
        indent=False,
        last_line=cst.SimpleWhitespace(indent),
    )


def gaps_of(first: Gap, items: Sequence[Item], last: Gap) -> list[Gap]:
    """List the gaps around the items of a bracket, one more than there are items.

    Args:
        first: What is between the opening bracket and the first item.
        items: The items.
        last: What is before the closing bracket, where no comma follows the last item.
    """
    commas: list[Any] = [item.comma for item in items]
    after: list[Gap] = [comma.whitespace_after for comma in commas if isinstance(comma, cst.Comma)]
    return [first, *after, *([last] if len(after) < len(items) else [])]


def ends_with_comma(items: Sequence[Item]) -> bool:
    """Report whether a comma follows the last item."""
    return bool(items) and isinstance(items[-1].comma, cst.Comma)


def join_items(items: Sequence[Item], gaps: Sequence[Gap], *, comma_at_end: bool) -> list[Item]:
    """Put commas between items, each with the gap after it.

    Args:
        items: The items.
        gaps: The gaps around them: the first one is the bracket's, as is the last one without a comma.
        comma_at_end: Whether a comma follows the last item.
    """
    joined = []
    for place, item in enumerate(items):
        comma: Any = cst.MaybeSentinel.DEFAULT
        if comma_at_end or place < len(items) - 1:
            comma = cst.Comma(whitespace_after=gaps[place + 1])
        joined.append(item.with_changes(comma=comma))
    return joined


def join_on_one_line(items: Sequence[Item]) -> list[Item]:
    """Put commas and spaces between items."""
    return join_items(items, [NO_GAP, *(SPACE for _ in items)], comma_at_end=False)


def read_lines(items: Sequence[Item], gaps: Sequence[Gap]) -> Lines[Item]:
    """Take the items of a bracket with their comments, whatever their lines.

    Args:
        items: The items.
        gaps: The gaps around them.
    """
    lines = [
        Line(item, own_lines_of(gaps[place]), trailing_of(gaps[place + 1]))
        for place, item in enumerate(items)
    ]
    return Lines(tuple(lines), trailing_of(gaps[0]), own_lines_of(gaps[-1]))


def write_lines(lines: Lines[Item], margins: Margins) -> tuple[Gap, list[Item]]:
    """Give each item a line, with a comma after the last one.

    Returns:
        What is after the opening bracket, and the items; what is before the closing one is the last comma's.
    """
    beside = [lines.opening, *(line.beside for line in lines.lines)]
    above = [*(line.above for line in lines.lines), lines.closing]
    indents = [*(margins.inner for _ in lines.lines), margins.outer]
    parts = zip(beside, above, indents, strict=True)
    gaps = [make_gap(after, before, margins, indent) for after, before, indent in parts]
    return gaps[0], join_items([line.item for line in lines.lines], gaps, comma_at_end=True)
