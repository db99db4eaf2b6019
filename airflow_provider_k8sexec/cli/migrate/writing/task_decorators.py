"""Which decorators ``@task(executor_config=...)`` of a file can become ``@k8s_task(<options>)``.

What ``.override(executor_config=...)`` gives replaces what the decorator of Airflow has; with ``k8s_task``,
the options of the decorator would be laid over it. Such a function keeps Airflow's decorator.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.authoring.task_types import TaskFlavours
from airflow_provider_k8sexec.cli.migrate.edits import Span
from airflow_provider_k8sexec.cli.migrate.writing.name_uses import write_name
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, walk_file

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOMES = ("airflow.sdk", "airflow.decorators")
_HOLDERS = {"airflow": ("sdk", "decorators")}
_START_PODS = ("kubernetes", "kubernetes_cmd", "k8s", "docker")
FLAVOURS = frozenset(TaskFlavours.__annotations__).difference(_START_PODS)
"""The flavours of ``@task`` that run their function in the task's own pod."""


@frozen
class TaskDecorator:
    """A decorator ``@task(executor_config=...)`` that can become one of this package.

    Attributes:
        call: Where it is, without its ``@``.
        flavour: ``.bash`` of ``@task.bash(...)``; nothing of ``@task(...)``.
    """

    call: Span
    flavour: str


def find_task_decorators(tree: ast.Module, exported: frozenset[str]) -> dict[Span, TaskDecorator]:
    """Find the decorators that can become ``k8s_task``, by the place of their ``executor_config``.

    Args:
        tree: The file.
        exported: The names that other files import from it: these may override what they import.
    """
    names = _find_imported(tree)
    found: dict[Span, TaskDecorator] = {}
    if not names:
        return found
    overridden = _find_overridden(tree)
    if overridden is None:
        return found
    for node in walk_file(tree):
        if isinstance(node, FUNCTIONS) and node.name not in overridden | exported:
            for decorator in node.decorator_list:
                found.update(_read_decorator(decorator, names))
    return found


def _find_imported(tree: ast.Module) -> frozenset[str]:
    """Find how a file calls Airflow's ``task``: ``task``, ``decorators.task``, ``airflow.sdk.task``."""
    names: set[str] = set()
    for node in walk_file(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _HOMES:
            names.update(item.asname or item.name for item in node.names if item.name == "task")
        elif isinstance(node, ast.ImportFrom) and node.module in _HOLDERS:
            modules = _HOLDERS[node.module]
            names.update(f"{item.asname or item.name}.task" for item in node.names if item.name in modules)
        elif isinstance(node, ast.Import):
            names.update(f"{item.asname or item.name}.task" for item in node.names if item.name in _HOMES)
    return frozenset(names)


def _read_decorator(decorator: ast.expr, names: frozenset[str]) -> Iterator[tuple[Span, TaskDecorator]]:
    if not isinstance(decorator, ast.Call) or decorator.args:
        return
    flavour = _find_flavour(decorator.func, names)
    given = {keyword.arg: keyword.value for keyword in decorator.keywords}
    # `**arguments` may have any name, that of an option as well.
    if flavour is None or None in given or not POD_OPTIONS.isdisjoint(given):
        return
    if EXECUTOR_CONFIG in given:
        yield Span.of(given[EXECUTOR_CONFIG]), TaskDecorator(Span.of(decorator), flavour)


def _find_flavour(function: ast.expr, names: frozenset[str]) -> str | None:
    """Give what follows the name of Airflow's ``task``; ``None`` of another decorator."""
    if write_name(function) in names:
        return ""
    if isinstance(function, ast.Attribute) and write_name(function.value) in names:
        return f".{function.attr}" if function.attr in FLAVOURS else None
    return None


def _find_overridden(tree: ast.Module) -> frozenset[str] | None:
    """Find the names of the functions whose ``executor_config`` is overridden; ``None`` if it may be any."""
    imported: set[str] = set()
    functions: set[str] = set()
    overridden: set[str] = set()
    holders: list[ast.expr] = []
    for node in walk_file(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imported.update((item.asname or item.name).partition(".")[0] for item in node.names)
        elif isinstance(node, FUNCTIONS):
            functions.add(node.name)
        elif isinstance(node, ast.Call) and _overrides(node):
            holders.append(node.func)
    for holder in holders:
        names = {item.id for item in ast.walk(holder) if isinstance(item, ast.Name)}
        names |= {item.attr for item in ast.walk(holder) if isinstance(item, ast.Attribute)}
        if not names & functions and not names & imported:
            return None
        overridden |= names
    return frozenset(overridden)


def _overrides(call: ast.Call) -> bool:
    names = {keyword.arg for keyword in call.keywords}
    is_override = isinstance(call.func, ast.Attribute) and call.func.attr == "override"
    return is_override and (EXECUTOR_CONFIG in names or None in names)
