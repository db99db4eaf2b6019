"""The imports of a file whose code has changed: what it needs is added, and what it no longer uses goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import libcst as cst
from attrs import evolve
from libcst.helpers import get_full_name_for_node

from airflow_provider_k8sexec.cli.migrate.writing.comments import without_pragmas
from airflow_provider_k8sexec.cli.migrate.writing.gaps import (
    NO_GAP,
    Gap,
    Line,
    Lines,
    Margins,
    gaps_of,
    join_on_one_line,
    read_lines,
    write_lines,
)
from airflow_provider_k8sexec.cli.migrate.writing.name_uses import PACKAGE, Use
from airflow_provider_k8sexec.cli.migrate.writing.statements import (
    Block,
    Import,
    Statement,
    imports_in,
    replace_statements,
    split_leading,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

_NARROW = 79
"""A line that any formatter leaves as it is."""

_FIRST, _STANDARD, _FOREIGN, _LOCAL = range(4)
"""The groups in which isort has imports."""


def add_imports(module: cst.Module, names: Mapping[str, str]) -> cst.Module:
    """Import names of this package at the top of a module, where isort has them.

    Args:
        module: The module.
        names: The names, each with the one that the module has for it.
    """
    if not names:
        return module
    aliases = [_make_alias(*named) for named in sorted(names.items())]
    body = list(module.body)
    for place, statement in enumerate(body):
        found = imports_in(statement)
        if found and isinstance(found[0], cst.ImportFrom) and _is_own(found[0]):
            merged = _merge(found[0], aliases, Margins("", module.default_indent))
            body[place] = statement.with_changes(body=[merged, *found[1:]])
            return module.with_changes(body=body)
    aliases.sort(key=_order)
    made = cst.ImportFrom(cst.Name(PACKAGE), join_on_one_line(aliases))
    return _insert(module, cst.SimpleStatementLine([made]))


def _make_alias(name: str, local: str) -> cst.ImportAlias:
    return cst.ImportAlias(cst.Name(name), None if local == name else cst.AsName(cst.Name(local)))


def _is_own(found: cst.ImportFrom) -> bool:
    return _module_of(found) == PACKAGE and not isinstance(found.names, cst.ImportStar)


def _module_of(found: Import) -> str:
    """Give the module that a statement imports, or imports from; with dots, from its own package."""
    if isinstance(found, cst.Import):
        return found.names[0].evaluated_name
    name = get_full_name_for_node(found.module) if found.module else ""
    return "." * len(found.relative) + (name or "")


def _order(alias: cst.ImportAlias) -> tuple[int, str, str]:
    """Sort as isort does: constants, classes, functions."""
    name = alias.evaluated_name
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name.lower(), name


def _merge(found: cst.ImportFrom, aliases: Iterable[cst.ImportAlias], margins: Margins) -> cst.ImportFrom:
    """Add names to those of a statement, each before the first one that follows it in the order."""
    lines = _read_names(found)
    merged = list(lines.lines)
    for alias in aliases:
        after = (place for place, line in enumerate(merged) if _order(line.item) > _order(alias))
        merged.insert(next(after, len(merged)), Line(alias))
    return _write_names(found, evolve(lines, lines=tuple(merged)), margins)


def _read_names(found: cst.ImportFrom) -> Lines[cst.ImportAlias]:
    names: Any = found.names
    first: Gap = found.lpar.whitespace_after if found.lpar else NO_GAP
    last: Gap = found.rpar.whitespace_before if found.rpar else NO_GAP
    return read_lines(names, gaps_of(first, names, last))


def _write_names(found: cst.ImportFrom, lines: Lines[cst.ImportAlias], margins: Margins) -> cst.ImportFrom:
    """Write the names of a statement: on one line, or on a line for each where it had several lines."""
    names = [line.item for line in lines.lines]
    is_long = found.lpar is not None and isinstance(found.lpar.whitespace_after, cst.ParenthesizedWhitespace)
    is_shorter = not isinstance(found.names, cst.ImportStar) and len(names) < len(found.names)
    if not lines.have_comments and (not is_long or is_shorter):
        short = found.with_changes(names=join_on_one_line(names), lpar=None, rpar=None)
        text = cst.Module([]).code_for_node(short)
        if len(margins.outer + text) <= _NARROW:
            return short
        if not is_long:
            return found.with_changes(names=join_on_one_line(names))
    first, items = write_lines(lines, margins)
    return found.with_changes(names=items, lpar=cst.LeftParen(first), rpar=cst.RightParen())


def _insert(module: cst.Module, made: cst.SimpleStatementLine) -> cst.Module:
    """Put an import among those at the top of a module."""
    body = list(module.body)
    groups = [_group_of(statement) for statement in body]
    if _FOREIGN in groups:
        place = _find_place(body, groups)
        if place < len(body) and not _begins_section(body[place]):
            return module.with_changes(body=[*body[:place], made, *body[place:]])
        if place and groups[place - 1] == _FOREIGN:
            return module.with_changes(body=[*body[:place], made, *body[place:]])
        # It is the first of its section, and has the lines above that.
        blank, rest = split_leading(body[place].leading_lines)
        body[place] = body[place].with_changes(leading_lines=rest)
        return module.with_changes(
            body=[*body[:place], made.with_changes(leading_lines=blank), *body[place:]]
        )
    before = [place for place, group in enumerate(groups) if group in (_FIRST, _STANDARD)]
    place = before[-1] + 1 if before else int(module.get_docstring() is not None)
    above = [cst.EmptyLine(indent=False)] if place else []
    if place < len(body) and not _begins_section(body[place]):
        lines = [cst.EmptyLine(indent=False), *body[place].leading_lines]
        body[place] = body[place].with_changes(leading_lines=lines)
    return module.with_changes(body=[*body[:place], made.with_changes(leading_lines=above), *body[place:]])


def _group_of(statement: Statement) -> int | None:
    """Give the group of an import; ``None`` of another statement."""
    found = imports_in(statement)
    if not found:
        return None
    root = _module_of(found[0]).partition(".")[0]
    if root == "__future__":
        return _FIRST
    if not root:
        return _LOCAL
    return _STANDARD if root in sys.stdlib_module_names else _FOREIGN


def _find_place(body: Sequence[Statement], groups: Sequence[int | None]) -> int:
    """Find where among foreign imports this package belongs: near those of Airflow, or else of Kubernetes."""
    foreign = [place for place, group in enumerate(groups) if group == _FOREIGN]
    for root in ("airflow", "kubernetes", ""):
        near = [place for place in foreign if _root_of(body[place]) == root or not root]
        if near:
            break
    start = end = near[-1]
    while start and not _begins_section(body[start]) and groups[start - 1] == _FOREIGN:
        start -= 1
    while end + 1 < len(body) and not _begins_section(body[end + 1]) and groups[end + 1] == _FOREIGN:
        end += 1
    smaller = [place for place in range(start, end + 1) if _precedes(body[place])]
    return smaller[-1] + 1 if smaller else start


def _root_of(statement: Statement) -> str:
    return _module_of(imports_in(statement)[0]).partition(".")[0]


def _precedes(statement: Statement) -> bool:
    """Report whether isort has an import before those from this package."""
    found = imports_in(statement)[0]
    return isinstance(found, cst.Import) or _module_of(found).lower() < PACKAGE


def _begins_section(statement: Statement) -> bool:
    return any(line.comment is None for line in statement.leading_lines)


def remove_imports(module: cst.Module, unused: Collection[Use]) -> cst.Module:
    """Remove imports of names that are no longer used; those that may fail, or are for types alone, stay.

    What is imported from this package stays, too.

    Args:
        module: The module.
        unused: The names, each with the function that imports it.
    """
    if not unused:
        return module
    remover = _Remover(unused, module.default_indent)
    in_functions = any(use.function for use in unused)
    return remover.prune(cst.ensure_type(module.visit(remover), cst.Module) if in_functions else module)


class _Remover(cst.CSTTransformer):
    """Removes imports at the top of a module, and at the top of its functions."""

    def __init__(self, unused: Collection[Use], step: str) -> None:
        super().__init__()
        self._unused = unused
        self._step = step
        self._functions: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:  # noqa: N802  # LibCST calls it so
        self._functions.append(node.name.value)

    def leave_FunctionDef(  # noqa: N802  # as above
        self,
        original_node: cst.FunctionDef,  # noqa: ARG002  # as above
        updated_node: cst.FunctionDef,
    ) -> cst.FunctionDef:
        made = updated_node
        if isinstance(made.body, cst.IndentedBlock):
            made = made.with_changes(body=self.prune(made.body))
        self._functions.pop()
        return made

    def prune(self, block: Block) -> Block:
        """Remove the imports of a block that are not used in its function."""
        return replace_statements(block, self._prune_statement)

    def _prune_statement(self, statement: Statement) -> Statement | None:
        found = imports_in(statement)
        kept = [made for item in found if (made := self._prune_import(item))]
        if kept == found:
            return statement
        return statement.with_changes(body=kept) if kept else None

    def _prune_import(self, found: Import) -> Import | None:
        if isinstance(found.names, cst.ImportStar) or _module_of(found) == PACKAGE:
            return found
        unused = [self._is_unused(found, alias) for alias in found.names]
        if not any(unused):
            return found
        if all(unused):
            return None
        if isinstance(found, cst.Import):
            kept = [alias for alias, gone in zip(found.names, unused, strict=True) if not gone]
            return found.with_changes(names=join_on_one_line(kept))
        margins = Margins(self._step * len(self._functions), self._step)
        return _write_names(found, _without(_read_names(found), unused), margins)

    def _is_unused(self, found: Import, alias: cst.ImportAlias) -> bool:
        bound = alias.evaluated_alias or alias.evaluated_name
        if isinstance(found, cst.Import):
            bound = bound.partition(".")[0]
        return Use(".".join(self._functions), bound) in self._unused


def _without(lines: Lines[cst.ImportAlias], unused: Sequence[bool]) -> Lines[cst.ImportAlias]:
    """Remove lines; their comments go above the next one."""
    kept: list[Line[cst.ImportAlias]] = []
    passed_on: tuple[str, ...] = ()
    for line, is_unused in zip(lines.lines, unused, strict=True):
        if is_unused:
            beside = without_pragmas(line.beside) if line.beside else ""
            passed_on = (*passed_on, *line.above, *([beside] if beside else []))
        else:
            kept.append(line.below(passed_on))
            passed_on = ()
    return evolve(lines, lines=tuple(kept), closing=(*passed_on, *lines.closing))
