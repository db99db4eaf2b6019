"""Makes the edits of a file in its syntax tree."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any

import libcst as cst
from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit, OperatorEdit
from airflow_provider_k8sexec.cli.migrate.option_text import find_imports
from airflow_provider_k8sexec.cli.migrate.writing.calls import comments_at, make_call, replace_arguments
from airflow_provider_k8sexec.cli.migrate.writing.comments import find_comments, place_comments
from airflow_provider_k8sexec.cli.migrate.writing.formatter import DEFAULT_LENGTH
from airflow_provider_k8sexec.cli.migrate.writing.gaps import make_gap
from airflow_provider_k8sexec.cli.migrate.writing.option_nodes import OptionWriter
from airflow_provider_k8sexec.cli.migrate.writing.statements import replace_statements, split_attached
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit
    from airflow_provider_k8sexec.cli.migrate.writing.comments import Comment
    from airflow_provider_k8sexec.cli.migrate.writing.located_nodes import LocatedNodes
    from airflow_provider_k8sexec.cli.migrate.writing.statements import Statement

CONFIG, TASK, OPERATOR = "k8s_config", "k8s_task", "K8sPodOperator"
"""The public names that are written."""

_WHOLE = (cst.SimpleStatementLine, cst.BaseCompoundStatement)


@frozen(eq=False)
class Changes:
    """The edits of a file, each with the part of it that it is for.

    Attributes:
        file: The file.
        edits: The edits, by the expressions that become others.
        flavours: What follows ``k8s_task`` in the decorators that become it.
        removed: The statements that are removed.
        adopted: The comments of these that go to the options of an edit.
        given_away: The statements whose comments do so.
    """

    file: LocatedNodes
    edits: Mapping[cst.CSTNode, Edit]
    flavours: Mapping[cst.CSTNode, str]
    removed: Collection[cst.CSTNode]
    adopted: Mapping[cst.CSTNode, Sequence[Comment]]
    given_away: Collection[cst.CSTNode]

    @classmethod
    def of(
        cls,
        file: LocatedNodes,
        edits: Mapping[cst.CSTNode, Edit],
        flavours: Mapping[cst.CSTNode, str],
        removed: Collection[cst.CSTNode],
    ) -> Changes:
        """Find to which edits the comments of removed statements go."""
        by_place = sorted(edits, key=file.first_line_of)
        adopted: dict[cst.CSTNode, list[Comment]] = {}
        given_away: set[cst.CSTNode] = set()
        for statement in sorted(removed, key=file.first_line_of):
            if not isinstance(statement, _WHOLE):
                continue
            comments = _comments_of(statement, file)
            lines = range(file.first_line_of(statement), file.positions[statement].end.line + 1)
            node = next((node for node in by_place if _has_fields(edits[node], lines)), None)
            if node and _fit(comments, file, file.margins_at(node).inner):
                adopted.setdefault(node, []).extend(comments)
                given_away.add(statement)
        return cls(file, edits, flavours, removed, adopted, given_away)

    @property
    def needed(self) -> list[str]:
        """The public names that the new source has."""
        needed: set[str] = set()
        for node, edit in self.edits.items():
            if isinstance(edit, OperatorEdit):
                needed.add(OPERATOR)
            elif isinstance(edit, ConfigEdit):
                needed.add(TASK if node in self.flavours else CONFIG)
            if isinstance(edit, (OperatorEdit, ConfigEdit)):
                needed |= find_imports(edit.options)
        return sorted(needed)

    def write(self, names: Mapping[str, str]) -> cst.Module:
        """Make the edits.

        Args:
            names: What the file calls each public name.
        """
        writer = OptionWriter(names, self.file.style.prefers_single_quotes)
        return cst.ensure_type(self.file.module.visit(_Replacer(self, writer)), cst.Module)


def _has_fields(edit: Edit, lines: Container[int]) -> bool:
    """Report whether the options of an edit stand for fields on some lines."""
    return any(line in lines for line in getattr(edit, "field_lines", {}).values())


def _fit(comments: Iterable[Comment], file: LocatedNodes, indent: str) -> bool:
    """Report whether comments make no lines that are longer than what a file has."""
    longest = max(DEFAULT_LENGTH, *map(len, file.lines))
    return all(len(indent) + len(comment.text) <= longest for comment in comments)


def _comments_of(statement: Any, file: LocatedNodes) -> list[Comment]:
    """Find the comments of a statement: those right above it, and those in it."""
    _, attached = split_attached(statement.leading_lines)
    parts = [part for part in statement.children if part not in statement.leading_lines]
    return find_comments([*attached, *parts], file.positions, file.lines)


class _Replacer(cst.CSTTransformer):
    """Makes the edits of a file."""

    def __init__(self, changes: Changes, writer: OptionWriter) -> None:
        super().__init__()
        self._changes = changes
        self._file = changes.file
        self._writer = writer
        self._gone: set[cst.CSTNode] = set()
        self._lines = sorted(self._file.first_line_of(node) for node in (*changes.edits, *changes.removed))

    def on_visit(self, node: cst.CSTNode) -> bool:
        """Leave out what is in a statement without an edit: a visit of all costs as much as parsing."""
        if not isinstance(node, _WHOLE):
            return True
        next_one = bisect_left(self._lines, self._file.first_line_of(node))
        return next_one < len(self._lines) and self._lines[next_one] <= self._file.positions[node].end.line

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Replace a node on the way back from what is in it."""
        if original_node in self._changes.edits:
            made = self._change(self._changes.edits[original_node], original_node, updated_node)
            return self._in_brackets(made, original_node, updated_node)
        return self._remove(original_node, updated_node) if self._changes.removed else updated_node

    def _remove(self, original: cst.CSTNode, updated: Any) -> Any:
        """Remove statements from a block, once they have been marked."""
        if original in self._changes.removed:
            return self._mark(original, updated)
        if isinstance(updated, cst.SimpleStatementLine):
            return self._remove_parts(updated)
        if isinstance(updated, cst.Module):
            return replace_statements(updated, self._keep)
        return replace_statements(updated, self._keep) if isinstance(updated, cst.IndentedBlock) else updated

    def _mark(self, original: cst.CSTNode, updated: Any) -> cst.CSTNode:
        """Mark a statement; the comments that an edit has taken are no longer at it."""
        if original in self._changes.given_away:
            further, _ = split_attached(updated.leading_lines)
            updated = cst.SimpleStatementLine([cst.Pass()], leading_lines=further)
        self._gone.add(updated)
        marked: cst.CSTNode = updated
        return marked

    def _remove_parts(self, line: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        """Remove one of several statements on a line."""
        kept = [part for part in line.body if part not in self._gone]
        if not kept:
            self._gone.add(line)
        elif len(kept) < len(line.body):
            last = kept[-1].with_changes(semicolon=line.body[-1].semicolon)
            return line.with_changes(body=[*kept[:-1], last])
        return line

    def _keep(self, statement: Statement) -> Statement | None:
        return None if statement in self._gone else statement

    def _in_brackets(self, made: Any, original: cst.CSTNode, updated: Any) -> cst.BaseExpression:
        """Keep the brackets around what is replaced, and keep words apart: `return{...}`."""
        where = self._file.positions[original]
        before = self._file.lines[where.start.line - 1][: where.start.column]
        after = self._file.lines[where.end.line - 1][where.end.column :]
        left, right = [*updated.lpar, *made.lpar], [*made.rpar, *updated.rpar]
        if not left and (before[-1:].isalnum() or after[:1].isalnum()):
            left, right = [cst.LeftParen()], [cst.RightParen()]
        bracketed: cst.BaseExpression = made.with_changes(lpar=left, rpar=right)
        return bracketed

    def _change(self, edit: Edit, original: Any, updated: Any) -> cst.BaseExpression:
        if isinstance(edit, NameEdit):
            return self._write_name(edit, original)
        if isinstance(edit, OperatorEdit):
            call = self._replace_arguments(edit, edit.arguments, original, updated)
            return call.with_changes(func=self._name_operator(original.func))
        if not isinstance(edit, ConfigEdit):
            raise TypeError(edit)
        if original in self._changes.flavours:
            call = self._replace_arguments(edit, {EXECUTOR_CONFIG}, original, updated)
            function = self._writer.names[TASK] + self._changes.flavours[original]
            return call.with_changes(func=cst.parse_expression(function))
        return self._write_config(edit, original)

    def _name_operator(self, before: cst.BaseExpression) -> cst.BaseExpression:
        """Name this package's operator, or its ``partial``."""
        name = cst.Name(self._writer.names[OPERATOR])
        if isinstance(before, cst.Attribute) and before.attr.value == "partial":
            return cst.Attribute(name, before.attr)
        return name

    def _write_name(self, edit: NameEdit, original: cst.BaseExpression) -> cst.BaseExpression:
        made = cst.parse_expression(edit.text)
        above = [comment.text for comment in self._comments_in([original])]
        if not above:
            return made
        margins = self._file.margins_at(original)
        left = cst.LeftParen(make_gap("", above, margins, margins.inner))
        right = cst.RightParen(make_gap("", (), margins, margins.outer))
        return made.with_changes(lpar=[left], rpar=[right])

    def _write_config(self, edit: ConfigEdit, original: cst.BaseExpression) -> cst.Call:
        comments = [*self._changes.adopted.get(original, ()), *self._comments_in([original])]
        line = self._file.positions[original].start.line
        placed = place_comments(comments, edit.options, edit.field_lines, line)
        function = cst.Name(self._writer.names[CONFIG])
        options = self._writer.write(edit.options)
        return make_call(function, options, placed, self._file.margins_at(original))

    def _replace_arguments(
        self,
        edit: ConfigEdit | OperatorEdit,
        replaced: Collection[str],
        original: cst.Call,
        updated: cst.Call,
    ) -> cst.Call:
        own = self._comments_in(comments_at(original, replaced))
        comments = [*self._changes.adopted.get(original, ()), *own]
        placed = place_comments(comments, edit.options, edit.field_lines)
        options = self._writer.write(edit.options)
        return replace_arguments(updated, replaced, options, placed, self._file.margins_at(original))

    def _comments_in(self, nodes: Iterable[cst.CSTNode]) -> list[Comment]:
        return find_comments(nodes, self._file.positions, self._file.lines)
