"""Finds the statements that nothing needs once the configs of a file are written as options."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import RemovalEdit, Span
from airflow_provider_k8sexec.cli.migrate.reading.outside import is_named_outside
from airflow_provider_k8sexec.cli.migrate.reading.scopes import ASSIGNED, FUNCTION
from airflow_provider_k8sexec.site_policy.dag_source import walk_file

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.configs import ReadConfig
    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.pod_operators import ReadOperator
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding, Use

_DOCTEST = ">>> "
_WORD = re.compile(r"\w+")
_READ_BY_TEXT = {"globals", "locals", "vars", "eval", "exec"}
"""Functions that read names that no expression shows."""


def find_unneeded(
    source: ParsedFile, read: Sequence[ReadConfig | ReadOperator], linker: Linker
) -> list[RemovalEdit]:
    """Find the statements whose values are in the options now, and that nothing else reads."""
    names = linker.names_of(source)
    if names.uses.keys() & _READ_BY_TEXT:
        return []
    edits = {span: config.edit.span for config in read for span in config.replaced}
    spans = [*edits]
    removed: dict[ast.stmt, tuple[Span, ...]] = {}
    for config in read:
        for statement in config.statements:
            removed[statement] = (config.edit.span,)
            spans.append(Span.of(statement))
    candidates = _find_candidates(source, read, linker)
    is_done = False
    while not is_done:
        is_done = True
        for binding in candidates:
            if not isinstance(binding.node, ast.stmt):
                continue
            statements: list[ast.stmt] = [binding.node, *names.find_sets(binding)]
            inner = [Span.of(each) for each in statements[1:]]
            uses = [use for use in names.uses.get(binding.name, ()) if _is_of(use, binding)]
            around = [_find_around(use, spans) for use in uses if not _find_around(use, inner)]
            if binding.node not in removed and all(around):
                after = tuple(dict.fromkeys(edits.get(span, span) for span in around if span))
                removed |= dict.fromkeys(statements, after)
                spans += [Span.of(each) for each in statements]
                is_done = False
    kept_whole = _leave_blocks(removed, names.blocks)
    return [RemovalEdit(Span.of(node), removed[node]) for node in kept_whole]


def _find_candidates(
    source: ParsedFile, read: Sequence[ReadConfig | ReadOperator], linker: Linker
) -> list[Binding]:
    """Find the names of a file whose values are in the options, and whose statements may be removed."""
    kept = {name for config in read for text in config.names for name in _names_in(text)}
    rewritten = [span for config in read for span in config.replaced]
    used = dict.fromkeys(binding for config in read for binding in config.used)
    values = [Span.of(each.value) for each in used if each.value and each.source is source]
    offered = {*_offered_by(source, [*rewritten, *values])}
    return [
        binding
        for binding in used
        if binding.source is source and binding.name not in kept and _is_removable(binding, linker, offered)
    ]


def _names_in(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(f"({text})", mode="eval")):
        if isinstance(node, ast.Name):
            yield node.id


def _is_removable(binding: Binding, linker: Linker, offered: Container[str]) -> bool:
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
    return scope.parent is not None or not (binding.name in offered or _is_imported(binding, linker))


def _is_imported(binding: Binding, linker: Linker) -> bool:
    """Report whether another file reads a name of a module."""
    source = binding.source
    words = binding.name, source.module_name
    if any(other is not source for other in linker.project.mentioning(*words)):
        return True
    return is_named_outside(binding, linker.project)


def _offered_by(source: ParsedFile, gone: Sequence[Span]) -> Iterator[str]:
    """Give the names that a module has as strings, for ``__all__`` and ``getattr``, or in a doctest.

    Args:
        source: The module.
        gone: What is rewritten: there, a string is the name of a volume.
    """
    for node in walk_file(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if not any(span.encloses(Span.of(node)) for span in gone):
                yield node.value
            for line in node.value.splitlines() if _DOCTEST in node.value else ():
                yield from _WORD.findall(line) if line.lstrip().startswith(_DOCTEST) else ()


def _is_of(use: Use, binding: Binding) -> bool:
    """Report whether a name may be that of a binding."""
    scope = use.place.scope
    while scope.parent and (binding.name not in scope.bindings):
        scope = scope.parent
    return scope is binding.place.scope or scope.is_class


def _find_around(use: Use, spans: Iterable[Span]) -> Span | None:
    """Find the edit that takes a use of a name away."""
    here = use.place.position
    return next((span for span in spans if span[:2] <= here < span[2:]), None)


def _leave_blocks(
    removed: Iterable[ast.stmt], blocks: dict[ast.stmt, Sequence[ast.stmt]]
) -> Iterator[ast.stmt]:
    """Leave out what would make a block empty."""
    for node in removed:
        if any(other not in removed for other in blocks[node]):
            yield node
