"""Finds the expressions that tasks are given as ``executor_config``, through names and helper functions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.cli.migrate.reading.call_values import result_of
from airflow_provider_k8sexec.cli.migrate.reading.scopes import ASSIGNED, FUNCTION, Conditional
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL
from airflow_provider_k8sexec.site_policy.dag_source import name_of, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding, Names, Place


def find_given(tree: ast.Module, names: Names) -> dict[ast.expr, Place]:
    """Find the expressions whose values tasks have as their config, and where they stand.

    Args:
        tree: A file.
        names: Its names.
    """
    given = [*_values_in(tree)]
    uses: dict[ast.expr, Place] = {use.node: use.place for found in names.uses.values() for use in found}
    places = names.places | uses
    found = {}
    for value in given:
        made = _find_made(value, uses)
        if not isinstance(made, ast.Dict) and not _is_call_of(made, POD_MODEL, "dict"):
            continue
        is_pod = _is_call_of(made, POD_MODEL) and isinstance(value, ast.Name)
        at = value if is_pod and _is_read_elsewhere(value, names, given) else made
        if at in places:
            found[at] = places[at]
    return found


def _is_call_of(node: ast.expr | None, *names: str) -> bool:
    return isinstance(node, ast.Call) and name_of(node.func) in names


def _is_read_elsewhere(value: Any, names: Names, given: list[ast.expr]) -> bool:
    """Report whether a name is more than the config of tasks: the pod of another config, too."""
    return any(use.node not in given for use in names.uses.get(value.id, ()))


def _values_in(tree: ast.Module) -> Iterator[ast.expr]:
    """Give the values of arguments, and of keys of ``default_args``."""
    for node in walk_file(tree):
        if isinstance(node, ast.Call):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == EXECUTOR_CONFIG)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == EXECUTOR_CONFIG:
                    yield value


def _find_made(value: ast.expr, uses: dict[ast.expr, Place]) -> ast.expr | None:
    """Find the expression that makes a value: itself, that of a variable, what a function returns."""
    if isinstance(value, ast.Name):
        binding = _find_binding(value, uses)
        return binding.value if binding and binding.kind == ASSIGNED and not binding.steps else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        binding = _find_binding(value.func, uses)
        if binding and binding.kind == FUNCTION and isinstance(binding.node, ast.FunctionDef):
            return result_of(binding.node)
    return value


def _find_binding(name: ast.Name, uses: dict[ast.expr, Place]) -> Binding | None:
    try:
        return uses[name].find(name.id) if name in uses else None
    except Conditional:
        return None
