"""Text that stays as it is, or goes as a whole, is hidden from LibCST: its nodes take most of the time.

In place of what is hidden are values on as many lines, so that everything else is where it was.
"""

from __future__ import annotations

import ast
import re
from itertools import groupby
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit
from airflow_provider_k8sexec.site_policy.dag_source import walk_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit, Span

_QUOTES = '"""'
_HIDDEN = re.compile(rf"(?:class )?_k8sexec_(\d+)(?: = |: ){_QUOTES}[\r\n]*{_QUOTES}")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # not `splitlines`: a form feed ends no line of Python
_IN_LINE = re.compile(r"[^\r\n]")


@frozen(eq=False)
class HiddenText:
    """A file of which parts are hidden.

    Attributes:
        shown: The file as it is without them.
        hidden: The statements in whose places are others, by number.
    """

    shown: str
    hidden: Sequence[str]

    @classmethod
    def hide(cls, source: str, tree: ast.Module, edits: Sequence[Edit]) -> HiddenText:
        """Hide the statements that edits do not concern, and the expressions that they replace as a whole.

        Imports are shown, as are expressions with comments, which the edits keep.
        """
        needed = {line for edit in edits for line in range(edit.span.line, edit.span.end_line + 1)}
        needed |= {node.lineno for node in walk_file(tree) if isinstance(node, (ast.Import, ast.ImportFrom))}
        hider = _Hider(_LINE.findall(source), frozenset(needed))
        hider.hide_statements(tree.body)
        for edit in edits:
            if isinstance(edit, (ConfigEdit, NameEdit)):
                hider.hide_expression(edit.span)
        return cls("".join(hider.lines), hider.hidden)

    def restore(self, written: str) -> str:
        """Put the hidden statements back in a file that was made of the shown one."""
        return _HIDDEN.sub(lambda found: self.hidden[int(found[1])], written)


@frozen(eq=False)
class _Hider:
    """Hides parts of a file.

    Attributes:
        lines: Its lines, with their ends.
        needed: The numbers of the lines in whose statements anything may change.
        hidden: The statements that are hidden.
    """

    lines: list[str]
    needed: frozenset[int]
    hidden: list[str] = field(factory=list)

    def hide_statements(self, block: Sequence[ast.stmt]) -> None:
        """Hide the statements of a block in which nothing changes; of the others, what is in them."""
        for is_needed, group in groupby(block, self._is_needed):
            statements = [*group]
            if not is_needed:
                self._hide_lines(statements)
                continue
            for statement in statements:
                for inner in _blocks_of(statement):
                    self.hide_statements(inner)

    def _is_needed(self, statement: ast.stmt) -> bool:
        first, last = _lines_of(statement)
        line = self.lines[first - 1]
        return (
            _is_docstring(statement)
            or bool(line[: statement.col_offset].strip())  # `if ready: start()`
            or line[statement.col_offset :].startswith("elif")
            or any(number in self.needed for number in range(first, last + 1))
        )

    def _hide_lines(self, statements: Sequence[ast.stmt]) -> None:
        start, end = _lines_of(statements[0])[0] - 1, self._end_of(statements[-1])
        indent = self.lines[start][: statements[0].col_offset]
        text = "".join(self.lines[start:end])
        kept = text.rstrip("\r\n")
        name = f"_k8sexec_{len(self.hidden)}"
        # Where a statement is removed, its comments go to the next one, unless that is a block.
        head = f"class {name}: " if any(_blocks_of(statements[0])) else f"{name} = "
        shown = f"{indent}{head}{_QUOTES}{_IN_LINE.sub('', kept)}{_QUOTES}{text[len(kept) :]}"
        self.hidden.append(kept[len(indent) :])
        self._replace(start, end, shown)

    def _end_of(self, statement: ast.stmt) -> int:
        """Give the last line of a statement, with the comments below that are indented more."""
        _, end = _lines_of(statement)
        for number, line in enumerate(self.lines[end:], end + 1):
            text = line.lstrip()
            if text.startswith("#") and len(line) - len(text) > statement.col_offset:
                end = number
            elif text:
                break
        return end

    def hide_expression(self, span: Span) -> None:
        """Hide an expression without comments: an empty list is in its place."""
        start, end = span.line - 1, span.end_line
        first, last = self.lines[start], self.lines[end - 1]
        before, after = _split(first, span.column)[0], _split(last, span.end_column)[1]
        text = "".join(self.lines[start:end])
        text = text[len(before) : len(text) - len(after)]
        if "#" not in text and len(text) > 1:
            self._replace(start, end, f"{before}[{_IN_LINE.sub(' ', text[1:-1])}]{after}")

    def _replace(self, start: int, end: int, shown: str) -> None:
        self.lines[start:end] = _LINE.findall(shown)


def _lines_of(statement: ast.stmt) -> tuple[int, int]:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return first, statement.end_lineno or statement.lineno


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _blocks_of(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Give the blocks of a statement."""
    for _, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else []
        if parts and isinstance(parts[0], ast.stmt):
            yield parts
        for part in parts:
            if isinstance(part, (ast.excepthandler, ast.match_case)):
                yield from _blocks_of(part)


def _split(line: str, column: int) -> tuple[str, str]:
    """Divide a line at a column in bytes."""
    encoded = line.encode()
    return encoded[:column].decode(), encoded[column:].decode()
