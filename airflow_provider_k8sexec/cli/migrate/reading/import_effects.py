"""Which modules do something when they are imported: such an import stays where no name of it is used."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.reading.changes import GROWS
from airflow_provider_k8sexec.cli.migrate.reading.scopes import root_of
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def has_effects(tree: ast.Module) -> bool:
    """Report whether a module calls anything as a statement, or changes what it has imported."""
    statements = [*_statements_of(tree)]
    own = {
        node.id
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return any(_has_effect(statement, own) for statement in statements)


def _statements_of(node: ast.AST) -> Iterator[ast.stmt]:
    """Give the statements that run when a module is imported."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS) or (isinstance(child, ast.If) and _is_for_scripts(child.test)):
            continue
        if isinstance(child, ast.stmt):
            yield child
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield from _statements_of(child)


def _is_for_scripts(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and name_of(test.left) == "__name__"


def _has_effect(statement: ast.stmt, own: set[str]) -> bool:
    if isinstance(statement, ast.Expr):
        called = statement.value
        return isinstance(called, (ast.Call, ast.Await)) and not _grows_own(called, own)
    targets: list[ast.expr] = []
    if isinstance(statement, (ast.Assign, ast.Delete)):
        targets = statement.targets
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        targets = [statement.target]
    return any(
        isinstance(part, (ast.Attribute, ast.Subscript)) and not _is_own(part, own)
        for target in targets
        for part in ast.walk(target)
        if not isinstance(getattr(part, "ctx", None), ast.Load)
    )


def _grows_own(called: ast.expr, own: set[str]) -> bool:
    """Recognise what makes a constant of the module: ``ENV.append(...)``."""
    return isinstance(called, ast.Call) and name_of(called.func) in GROWS and _is_own(called.func, own)


def _is_own(node: ast.expr, own: set[str]) -> bool:
    root = root_of(node)
    return root is not None and root.id in own
