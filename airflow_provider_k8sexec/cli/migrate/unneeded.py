"""Finds the statements that nothing needs once the configs of a file are written as options."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.configs import span_of
from airflow_provider_k8sexec.cli.migrate.edits import RemovalEdit
from airflow_provider_k8sexec.cli.migrate.scopes import ASSIGNED, FUNCTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.configs import ReadConfig
    from airflow_provider_k8sexec.cli.migrate.edits import Span
    from airflow_provider_k8sexec.cli.migrate.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.scopes import Binding, Use


def find_unneeded(source: ParsedFile, read: Sequence[ReadConfig], linker: Linker) -> list[RemovalEdit]:
    """Find the statements whose values are in the options now, and that nothing else reads."""
    names = linker.names_of(source)
    kept = {name for config in read for text in config.names for name in _names_in(text)}
    spans = [config.edit.span for config in read]
    used = dict.fromkeys(binding for config in read for binding in config.used)
    candidates = [
        binding
        for binding in used
        if binding.source is source and binding.name not in kept and _is_removable(binding, linker)
    ]
    removed: dict[ast.AST, None] = {}
    is_done = False
    while not is_done:
        is_done = True
        for binding in candidates:
            if binding.node in removed:
                continue
            uses = names.uses.get(binding.name, ())
            if all(_is_gone(use, spans) for use in uses if _is_of(use, binding)):
                removed[binding.node] = None
                spans.append(span_of(binding.node))  # type: ignore[arg-type]  # a statement
                is_done = False
    return [RemovalEdit(span_of(node)) for node in _leave_blocks(removed, names.blocks)]


def _names_in(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(f"({text})", mode="eval")):
        if isinstance(node, ast.Name):
            yield node.id


def _is_removable(binding: Binding, linker: Linker) -> bool:
    """Report whether a statement does nothing but to give one name a value, which is for its file alone."""
    node = binding.node
    if binding.kind == ASSIGNED:
        is_alone = isinstance(node, (ast.Assign, ast.AnnAssign)) and not binding.steps
        if not is_alone or (isinstance(node, ast.Assign) and len(node.targets) > 1):
            return False
    elif binding.kind != FUNCTION:
        return False
    scope = binding.place.scope
    if len(scope.bindings[binding.name]) > 1 or scope.is_class:
        return False
    return scope.parent is not None or not _is_exported(binding, linker)


def _is_exported(binding: Binding, linker: Linker) -> bool:
    """Report whether another file reads a name of a module, or the module offers it by its text."""
    source = binding.source
    strings = (node.value for node in ast.walk(source.tree) if isinstance(node, ast.Constant))
    if binding.name in {value for value in strings if isinstance(value, str)}:
        return True
    module = source.path.parent.name if source.path.name == "__init__.py" else source.path.stem
    return any(other is not source for other in linker.project.mentioning(binding.name, module))


def _is_of(use: Use, binding: Binding) -> bool:
    """Report whether a name may be that of a binding."""
    scope = use.place.scope
    while scope.parent and (binding.name not in scope.bindings):
        scope = scope.parent
    return scope is binding.place.scope or scope.is_class


def _is_gone(use: Use, spans: Iterable[Span]) -> bool:
    line, column = use.place.position
    return any(
        (span.line, span.column) <= (line, column) < (span.end_line, span.end_column) for span in spans
    )


def _leave_blocks(
    removed: Iterable[ast.AST], blocks: dict[ast.stmt, Sequence[ast.stmt]]
) -> Iterator[ast.stmt]:
    """Leave out what would make a block empty."""
    statements = [node for node in removed if isinstance(node, ast.stmt)]
    for node in statements:
        if any(other not in statements for other in blocks[node]):
            yield node
