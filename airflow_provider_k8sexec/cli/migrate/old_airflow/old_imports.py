"""Imports of old Airflow: from the modules that have the names today, and of Kubernetes's models."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import Span
from airflow_provider_k8sexec.site_policy.old_airflow import CLASS_MODULES, CLASSES, GONE, MODULES, is_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.cli.migrate.old_airflow.repairs import Repairs
    from airflow_provider_k8sexec.site_policy.old_airflow import Import

    Statement = ast.Import | ast.ImportFrom


def repair_imports(repairs: Repairs) -> None:
    """Rewrite the statements that import what has moved; import Kubernetes's models where they are used."""
    statements: dict[Statement, list[Import]] = defaultdict(list)
    for imported in repairs.names.imports:
        statements[imported.statement].append(imported)
        _refuse(repairs, imported)
    home = _find_home(repairs, statements)
    for statement, imports in statements.items():
        old = [found for found in imports if _is_old(repairs, found)]
        lines = _write_imports(repairs, statement, imports) if old else [repairs.text_of(statement)]
        lines += [f"from kubernetes.client import models as {repairs.models()}"] if statement is home else []
        reason = " ".join(_describe(found) for found in old) or "It uses Kubernetes's models."
        if old or statement is home:
            _replace(repairs, statement, lines, reason)


def _is_old(repairs: Repairs, imported: Import) -> bool:
    """Report whether an import is rewritten, or no longer needed."""
    path = imported.path
    is_written = isinstance(imported.statement, ast.ImportFrom) or imported.alias.asname is not None
    is_class = path in CLASSES or path in CLASS_MODULES
    is_kept = any(is_of(kept, [path]) for kept in repairs.kept)
    return is_written and ((is_class and not is_kept) or is_of(path, MODULES))


def _describe(imported: Import) -> str:
    return f"Airflow 3 does not have {imported.path}."


def _refuse(repairs: Repairs, imported: Import) -> None:
    """Report an import of a module that has no other home."""
    path = imported.path
    if path in CLASSES or path in CLASS_MODULES or is_of(path, MODULES):
        if not _is_old(repairs, imported) and not any(is_of(kept, [path]) for kept in repairs.kept):
            repairs.refuse(imported.statement, f"{_describe(imported)} Import it by 'from'.")
    elif is_of(path, GONE):
        gone = next(module for module in GONE if is_of(path, [module]))
        remedy = GONE[gone]
        repairs.refuse(imported.statement, f"{_describe(imported)} {remedy[0].upper()}{remedy[1:]}.")


def _find_home(repairs: Repairs, statements: dict[Statement, list[Import]]) -> Statement | None:
    """Find the statement beside which Kubernetes's models are imported; none where that is not needed."""
    if not repairs.uses_models or repairs.names.find_models():
        return None
    outer = [statement for statement in statements if statement in repairs.tree.body]
    classes = [
        statement
        for statement in outer
        if any(found.path in CLASSES or found.path in CLASS_MODULES for found in statements[statement])
    ]
    of_airflow = [found for found in outer if is_of(statements[found][0].path, ["airflow"])]
    return next(iter([*classes[:1], *of_airflow[-1:], *outer[-1:]]), None)


def _write_imports(repairs: Repairs, statement: Statement, imports: Sequence[Import]) -> list[str]:
    """Write the statements in the place of one: what it still has, and what has moved."""
    kept: list[str] = []
    moved: dict[str, list[str]] = defaultdict(list)
    for imported in imports:
        bound = imported.alias.asname or imported.alias.name
        if not _is_old(repairs, imported):
            kept.append(ast.unparse(imported.alias))
        elif isinstance(statement, ast.Import) and imported.path in MODULES:
            kept.append(f"{MODULES[imported.path]} as {bound}")
        elif imported.path in MODULES:
            package, _, module = MODULES[imported.path].rpartition(".")
            moved[package].append(f"{module} as {bound}")
        elif isinstance(statement, ast.ImportFrom) and statement.module in MODULES:
            moved[MODULES[statement.module]].append(ast.unparse(imported.alias))
    start = f"from {statement.module} import" if isinstance(statement, ast.ImportFrom) else "import"
    lines = [f"{start} {', '.join(kept)}"] if kept else []
    return lines + [f"from {module} import {', '.join(names)}" for module, names in moved.items()]


def _replace(repairs: Repairs, statement: Statement, lines: Sequence[str], reason: str) -> None:
    span = Span.of(statement)
    if lines:
        repairs.add(span, f"{repairs.newline}{' ' * span.column}".join(lines), reason)
    elif statement in repairs.tree.body and repairs.is_alone(span):
        repairs.add(Span(span.line, 0, span.end_line + 1, 0), "", reason)
    else:
        repairs.add(span, "pass", reason)
