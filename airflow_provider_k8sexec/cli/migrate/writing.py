"""From the edits of a file to its new source: what is not replaced stays as it is, byte for byte."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import libcst as cst
from attrs import evolve, frozen

from airflow_provider_k8sexec.cli.migrate.calls import comments_at, make_call, replace_arguments
from airflow_provider_k8sexec.cli.migrate.comments import find_comments, place_comments
from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit, OperatorEdit, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.gaps import Margins, make_gap
from airflow_provider_k8sexec.cli.migrate.import_lines import add_imports, remove_imports
from airflow_provider_k8sexec.cli.migrate.name_uses import Use, find_bound_names, find_uses
from airflow_provider_k8sexec.cli.migrate.option_text import find_imports, write_arguments
from airflow_provider_k8sexec.cli.migrate.parsed_file import ParsedFile
from airflow_provider_k8sexec.cli.migrate.statements import join_attached, replace_statements
from airflow_provider_k8sexec.cli.migrate.task_decorators import find_task_decorators
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.code import Code

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit, Span
    from airflow_provider_k8sexec.cli.migrate.statements import Statement
    from airflow_provider_k8sexec.cli.migrate.task_decorators import TaskDecorator
    from airflow_provider_k8sexec.pod.shortest_options import WrittenOption

CONFIG, TASK, OPERATOR = "k8s_config", "k8s_task", "K8sPodOperator"
"""The public names that are written."""

_APART = "_k8sexec_"
"""The beginning of names that no file has."""


def write_edits(source: str, edits: Sequence[Edit], exported: frozenset[str] = frozenset()) -> str:
    """Make the edits of a file, and keep its imports right.

    Args:
        source: The file, with its own line ends.
        edits: What is to be changed in it; none is inside another.
        exported: The names that other files of the project import from it: they stay imported.

    Returns:
        The new source; what is new in it is on one line, unless there are comments in it.

    Raises:
        ValueError: An edit is for a part that the file does not have.
    """
    if not edits:
        return source
    tree = ast.parse(source)
    plan = _Plan.make(source, edits, find_task_decorators(tree, exported))
    # At first apart from all names of the file, to see which of these it no longer uses.
    apart = plan.write({name: _APART + name for name in plan.needed})
    bound = find_bound_names(tree)
    unused = find_uses(source) - find_uses(apart.code) - {Use("", name) for name in exported}
    freed = {use.name for use in unused if not use.function}
    names = {name: bound.choose_name(name, freed) for name in plan.needed}
    missing = {name: local for name, local in names.items() if name not in bound.own}
    return remove_imports(add_imports(plan.write(names), missing), unused).code


@frozen(eq=False)
class _Plan:
    """The edits of a file, each with the part of it that it is for.

    Attributes:
        file: The file.
        changed: The expressions that become others.
        removed: The statements that are removed.
        flavours: What follows ``k8s_task`` in the decorators that become it.
    """

    file: ParsedFile
    changed: Mapping[cst.CSTNode, Edit]
    removed: Collection[cst.CSTNode]
    flavours: Mapping[cst.CSTNode, str]

    @classmethod
    def make(cls, source: str, edits: Sequence[Edit], decorators: Mapping[Span, TaskDecorator]) -> _Plan:
        """Find the parts of a file.

        Raises:
            ValueError: It does not have one.
        """
        file = ParsedFile.parse(source)
        becoming = {edit.span: decorators.get(edit.span) for edit in edits if isinstance(edit, ConfigEdit)}
        gone = {edit.span for edit in edits if isinstance(edit, RemovalEdit)}
        places: dict[Span, Edit] = {}
        for edit in edits:
            decorator = becoming.get(edit.span)
            places[decorator.call if decorator else edit.span] = edit
        expressions = file.find_expressions(places.keys() - gone)
        statements = file.find_statements(gone)
        if len(expressions) + len(statements) < len(places):
            message = "an edit is for a part that the file does not have"
            raise ValueError(message)
        flavours: dict[cst.CSTNode, str] = {
            expressions[found.call]: found.flavour for found in becoming.values() if found
        }
        changed: dict[cst.CSTNode, Edit] = {node: places[span] for span, node in expressions.items()}
        return cls(file, changed, frozenset(statements.values()), flavours)

    @property
    def needed(self) -> list[str]:
        """The public names that the new source has."""
        needed: set[str] = set()
        for node, edit in self.changed.items():
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
        return cst.ensure_type(self.file.module.visit(_Replacer(self, names)), cst.Module)


class _Replacer(cst.CSTTransformer):
    """Makes the edits of a file."""

    def __init__(self, plan: _Plan, names: Mapping[str, str]) -> None:
        super().__init__()
        self._plan = plan
        self._file = plan.file
        self._names = names
        self._gone: set[cst.CSTNode] = set()

    def on_leave(self, original_node: Any, updated_node: Any) -> Any:
        """Replace a node on the way back from what is in it."""
        if original_node in self._plan.changed:
            made = self._change(self._plan.changed[original_node], original_node, updated_node)
            return self._in_brackets(made, original_node, updated_node)
        if original_node in self._plan.removed:
            self._gone.add(updated_node)
        elif isinstance(updated_node, cst.SimpleStatementLine):
            return self._remove_parts(updated_node)
        elif isinstance(updated_node, (cst.Module, cst.IndentedBlock)) and self._gone:
            block: Any = updated_node
            return replace_statements(block, self._keep, join_attached)
        return updated_node

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

    def _remove_parts(self, statement: cst.SimpleStatementLine) -> cst.SimpleStatementLine:
        kept = [part for part in statement.body if part not in self._gone]
        if not kept:
            self._gone.add(statement)
        elif len(kept) < len(statement.body):
            last = kept[-1].with_changes(semicolon=statement.body[-1].semicolon)
            return statement.with_changes(body=[*kept[:-1], last])
        return statement

    def _keep(self, statement: Statement) -> Statement | None:
        return None if statement in self._gone else statement

    def _change(self, edit: Edit, original: Any, updated: Any) -> cst.BaseExpression:
        if isinstance(edit, NameEdit):
            return self._write_name(edit, original)
        if isinstance(edit, OperatorEdit):
            call = self._replace_arguments(edit, edit.arguments, original, updated)
            return call.with_changes(func=self._name_operator(original.func))
        if not isinstance(edit, ConfigEdit):
            raise TypeError(edit)
        if original in self._plan.flavours:
            call = self._replace_arguments(edit, {EXECUTOR_CONFIG}, original, updated)
            function = self._names[TASK] + self._plan.flavours[original]
            return call.with_changes(func=cst.parse_expression(function))
        return self._write_config(edit, original)

    def _name_operator(self, before: cst.BaseExpression) -> cst.BaseExpression:
        """Name this package's operator, or its ``partial``."""
        name = cst.Name(self._names[OPERATOR])
        if isinstance(before, cst.Attribute) and before.attr.value == "partial":
            return cst.Attribute(name, before.attr)
        return name

    def _write_name(self, edit: NameEdit, original: cst.BaseExpression) -> cst.BaseExpression:
        made = cst.parse_expression(edit.text, self._file.module.config_for_parsing)
        comments = find_comments([original], self._file.positions, self._file.lines)
        if not comments:
            return made
        margins = self._margins_at(original)
        above = [comment.text for comment in comments]
        left = cst.LeftParen(make_gap("", above, margins, margins.inner))
        right = cst.RightParen(make_gap("", (), margins, margins.outer))
        return made.with_changes(lpar=[left], rpar=[right])

    def _write_config(self, edit: ConfigEdit, original: cst.BaseExpression) -> cst.Call:
        line = self._file.positions[original].start.line
        comments = find_comments([original], self._file.positions, self._file.lines)
        opening = ""
        if comments and comments[0].is_trailing and comments[0].line == line:
            opening = comments[0].text
        placed = place_comments(comments[bool(opening) :], edit.options, edit.field_lines)
        function = cst.Name(self._names[CONFIG])
        options = self._write_options(edit.options)
        return make_call(function, options, evolve(placed, opening=opening), self._margins_at(original))

    def _replace_arguments(
        self,
        edit: ConfigEdit | OperatorEdit,
        replaced: Collection[str],
        original: cst.Call,
        updated: cst.Call,
    ) -> cst.Call:
        nodes = comments_at(original, replaced)
        comments = find_comments(nodes, self._file.positions, self._file.lines)
        placed = place_comments(comments, edit.options, edit.field_lines)
        options = self._write_options(edit.options)
        return replace_arguments(updated, replaced, options, placed, self._margins_at(original))

    def _margins_at(self, node: cst.CSTNode) -> Margins:
        return Margins(self._file.indent_at(node), self._file.module.default_indent)

    def _write_options(self, options: Sequence[WrittenOption]) -> list[cst.Arg]:
        made = []
        equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
        for option, (name, text) in zip(options, write_arguments(options), strict=True):
            value: Any = cst.parse_expression(text, self._file.module.config_for_parsing)
            if not isinstance(option.value, Code):
                value = value.visit(_Renamer(self._names))
            made.append(cst.Arg(value, cst.Name(name), equal))
        return made


class _Renamer(cst.CSTTransformer):
    """Calls the classes of this package as the file does."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: ARG002, N802  # LibCST's
        function = updated_node.func
        if isinstance(function, cst.Name) and function.value in self._names:
            return updated_node.with_changes(func=cst.Name(self._names[function.value]))
        return updated_node
