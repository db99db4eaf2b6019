"""What is wrong with a DAG file that only its source shows."""

from __future__ import annotations

import ast
import tokenize
from functools import lru_cache
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_OVERRIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    Function = ast.FunctionDef | ast.AsyncFunctionDef

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_POD_OPERATORS = ("KubernetesPodOperator", "EksPodOperator", "GKEStartPodOperator", "kubernetes")


@frozen
class SourceProblem:
    """A problem in a DAG file's source.

    Attributes:
        line: The line, counted from 1.
        problem: What is wrong.
    """

    line: int
    problem: Problem


def read_source(path: str) -> str:
    """Read a DAG file as Python does: by the encoding that its first lines declare, or its mark of UTF-8.

    Raises:
        OSError: It cannot be read.
        SyntaxError: It declares no encoding that Python knows.
        ValueError: It has another one.
    """
    with tokenize.open(path) as file:
        return file.read()


def parse_source(path: str) -> ast.Module | None:
    """Parse a DAG file; ``None`` where it cannot be read as Python."""
    try:
        return ast.parse(read_source(path))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
        return None


@lru_cache(maxsize=4)
def walk_file(tree: ast.AST) -> tuple[ast.AST, ...]:
    """Give all nodes of a file, as `ast.walk` does; many search the same file one after another."""
    return (*ast.walk(tree),)


def check_source(path: str) -> list[SourceProblem]:
    """Find mistakes that leave no trace in the DAG that a file makes, or let it make none."""
    tree = parse_source(path)
    return check_tree(tree) if tree else []


def check_tree(tree: ast.Module) -> list[SourceProblem]:
    """Find the same mistakes in a file that is parsed already."""
    return sorted([*_misplaced(tree), *_unused(tree), *_replaced(tree)], key=lambda found: found.line)


def _misplaced(tree: ast.Module) -> Iterator[SourceProblem]:
    """Find ``pod_override=`` given to an operator that makes its own pod."""
    for node in walk_file(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in _POD_OPERATORS:
            for keyword in node.keywords:
                if keyword.arg == POD_OVERRIDE:
                    reason = f"is no argument of {name_of(node.func)}, which makes a pod of its own"
                    remedy = "write full_pod_spec=..., or the operator's own arguments"
                    yield SourceProblem(node.lineno, Problem(POD_OVERRIDE, "", reason, remedy, code="K8S803"))


def _unused(tree: ast.Module) -> Iterator[SourceProblem]:
    """Find an executor config that no task has: a name that is set to one and never read."""
    read = {
        name_of(node)  # ``Pods.small`` reads what the body of a class sets
        for node in walk_file(tree)
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load)
    }
    exported = {node.value for node in walk_file(tree) if isinstance(node, ast.Constant)}
    for node in walk_file(tree):
        if not isinstance(node, ast.Assign) or not _is_config(node.value):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id not in read | exported:
                reason = f"is set to {target.id!r}, which no task has"
                remedy = f"write executor_config={target.id} at the task"
                yield SourceProblem(node.lineno, Problem(EXECUTOR_CONFIG, "", reason, remedy, code="K8S804"))


def _replaced(tree: ast.Module) -> Iterator[SourceProblem]:
    """Find a layer in an operator's own ``default_args`` that its ``executor_config`` replaces.

    Airflow keeps no trace of them. Operators of this package see them as they are constructed.
    """
    for node in walk_file(tree):
        if not isinstance(node, ast.Call) or _is_own(node.func):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        defaults = given.get("default_args")
        if EXECUTOR_CONFIG not in given or not isinstance(defaults, ast.Dict):
            continue
        if EXECUTOR_CONFIG in {getattr(key, "value", None) for key in defaults.keys}:
            reason = (
                "replaces that of the operator's own default_args: Airflow does not show them to the policy"
            )
            remedy = "write one k8s_config with the options of both"
            yield SourceProblem(node.lineno, Problem(EXECUTOR_CONFIG, "", reason, remedy, code="K8S805"))


def _is_own(node: ast.expr) -> bool:
    """Recognise an operator or a decorator of this package: ``K8sBashOperator``, ``k8s_task.bash``."""
    while isinstance(node, (ast.Call, ast.Attribute)) and not name_of(node).lower().startswith("k8s"):
        node = node.func if isinstance(node, ast.Call) else node.value
    return name_of(node).lower().startswith("k8s")


def _is_config(node: ast.expr) -> bool:
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value == POD_OVERRIDE for key in node.keys)
    return isinstance(node, ast.Call) and name_of(node.func) == "k8s_config"


def first_line_of(function: Function) -> int:
    """Give the line at which a function begins: that of its first decorator, if it has any."""
    return min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])


def name_of(node: ast.expr) -> str:
    """Give the name of what is called: ``V1Pod`` of ``k8s.V1Pod``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
