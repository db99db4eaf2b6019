"""A file as LibCST has it: its nodes, and where they are."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import libcst as cst
from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.writing.gaps import Margins
from airflow_provider_k8sexec.cli.migrate.writing.positions import find_positions
from airflow_provider_k8sexec.site_policy.dag_source import walk_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Span
    from airflow_provider_k8sexec.cli.migrate.writing.comments import Positions
    from airflow_provider_k8sexec.cli.migrate.writing.positions import Range

    Place = tuple[int, int, int, int]

_STATEMENTS = (cst.SimpleStatementLine, cst.BaseSmallStatement, cst.BaseCompoundStatement)


_STRING = re.compile(r"[rRbBuU]*(?:\"\"\"|\'\'\'|(['\"]))")


@frozen
class Style:
    """How a file is written.

    Attributes:
        lines: Its lines, without their ends.
        indent: What its first block has; nothing where it has none.
        prefers_single_quotes: Whether most of its strings have single quotes.
    """

    lines: Sequence[str]
    indent: str | None
    prefers_single_quotes: bool

    @classmethod
    def of(cls, source: str, tree: ast.Module) -> Style:
        """Find how a file is written."""
        lines = re.split(r"\r\n|\r|\n", source)  # not `splitlines`: a form feed ends no line of Python
        blocks = (body[0] for statement in tree.body if (body := getattr(statement, "body", None)))
        indents = (lines[first.lineno - 1][: first.col_offset] for first in blocks)
        quotes = Counter(_find_quotes(tree, lines))
        indent = next((indent for indent in indents if indent.isspace()), None)
        return cls(lines, indent, quotes["'"] > quotes['"'])


def _find_quotes(tree: ast.Module, lines: Sequence[str]) -> Iterator[str]:
    for node in walk_file(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            found = _STRING.match(lines[node.lineno - 1].encode()[node.col_offset :].decode())
            if found and found[1]:
                yield found[1]


@frozen(eq=False)
class LocatedNodes:
    """A file as LibCST has it.

    Attributes:
        module: The file.
        positions: Where its nodes are: lines from 1, columns from 0 in letters.
        style: How the whole file is written.
    """

    module: cst.Module
    positions: Positions
    style: Style

    @classmethod
    def parse(cls, shown: str, style: Style) -> LocatedNodes:
        """Parse a file, of which parts may be hidden.

        Args:
            shown: The file without them.
            style: How the whole file is written.
        """
        config: Any = {} if style.indent is None else {"default_indent": style.indent}
        module = cst.parse_module(shown, cst.PartialParserConfig(**config))
        return cls(module, find_positions(module), style)

    @property
    def lines(self) -> Sequence[str]:
        """The lines of the whole file, without their ends."""
        return self.style.lines

    def margins_at(self, node: cst.CSTNode) -> Margins:
        """Give the indentation of a bracket that begins where a node does."""
        line = self.lines[self.positions[node].start.line - 1]
        return Margins.of(line, self.module.default_indent)

    def find_expressions(self, spans: Iterable[Span]) -> dict[Span, cst.BaseExpression]:
        """Find the expressions at some places."""
        wanted = {self._locate(span): span for span in spans}
        return {
            span: node
            for node, where in self.positions.items()
            if isinstance(node, cst.BaseExpression) and (span := wanted.get(_place_of(where)))
        }

    def find_statements(self, spans: Iterable[Span]) -> dict[Span, cst.CSTNode]:
        """Find the statements at some places, which begin with their decorators; of one alone, its line."""
        wanted = {self._locate(span)[2:]: span for span in spans}
        found: dict[Span, cst.CSTNode] = {}
        for node, where in self.positions.items():
            if not isinstance(node, _STATEMENTS):
                continue
            span = wanted.get(_place_of(where)[2:])
            if span is None or not self._begins_at(node, span):
                continue
            if span not in found or isinstance(node, cst.SimpleStatementLine):
                found[span] = node
        return found

    def _begins_at(self, node: cst.CSTNode, span: Span) -> bool:
        if isinstance(node, cst.BaseCompoundStatement):  # of which no other has the same end and line
            return self.first_line_of(node) == span.line
        start = self.positions[node].start
        return (start.line, start.column) == (span.line, self._column_of(span.line, span.column))

    def first_line_of(self, node: cst.CSTNode) -> int:
        """Give the line on which a node begins, with its decorators."""
        decorators = node.decorators if isinstance(node, (cst.FunctionDef, cst.ClassDef)) else ()
        return min(self.positions[part].start.line for part in (node, *decorators))

    def _locate(self, span: Span) -> Place:
        """Give a place with columns in letters, which :mod:`ast` has in bytes."""
        return (
            span.line,
            self._column_of(span.line, span.column),
            span.end_line,
            self._column_of(span.end_line, span.end_column),
        )

    def _column_of(self, line: int, column: int) -> int:
        text = self.lines[line - 1]
        return column if text.isascii() else len(text.encode()[:column].decode())


def _place_of(where: Range) -> Place:
    return where.start.line, where.start.column, where.end.line, where.end.column
