"""Where a task is made: the file and line of its function, or of the call that makes it."""

from __future__ import annotations

import ast
import contextlib
import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, first_line_of, name_of, parse_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.site_policy.dag_source import Function

    Location = tuple[str, int]

_DAG_CALLS = ("DAG", "dag")
_recorded: dict[int, tuple[Any, Location]] = {}
"""By the task's identity, with the task, whose identity no other one gets as long as it is here."""


def locate_task(task: Any) -> Location:
    """Give the file and line where a task is made; the first line of the file where it is not found."""
    path = task.dag.fileloc
    return find_task(task) or (path, 1)


def find_task(task: Any) -> Location | None:
    """Find where a task is made.

    A function that was decorated stands at its first decorator, where its options are; any other task at the
    call that makes it. Only where tasks are recorded is that known of each; else the call is found by its
    ``task_id``, in the DAG's own file.
    """
    function = _find_function(task)
    if function is not None:
        return function
    if id(task) in _recorded:
        return _recorded[id(task)][1]
    path = task.dag.fileloc
    line = _find_call(path, task)
    return None if line is None else (path, line)


@contextlib.contextmanager
def recorded_tasks(find_author: Callable[[], Location]) -> Iterator[None]:
    """Record where each task is made, as long as the block lasts: a loop, or a function, may make many.

    Args:
        find_author: Finds the line of the author's code that led to where this process is.
    """

    def record(task: Any) -> None:
        _recorded[id(task)] = (task, find_author())

    with compat.watched_tasks(record):
        try:
            yield
        finally:
            _recorded.clear()


def find_dag(path: str, dag_id: str | None = None) -> int | None:
    """Find the line of a file where a DAG is made: of this name, or of any, if there is only one."""
    found = _dag_lines(path)
    lines = [line for name, line in found if name == dag_id] or [line for _, line in found]
    return lines[0] if len(lines) == 1 else None


def locate_dag(dag: Any) -> Location:
    """Give the file and line where a DAG is made; the first line of the file where that is not found."""
    return dag.fileloc, find_dag(dag.fileloc, dag.dag_id) or 1


def _find_function(task: Any) -> Location | None:
    """Find the function that was decorated to make a task, by the code that Python has of it."""
    operator_class: Any = getattr(task, "operator_class", None) or type(task)
    if not any(base.__name__ == "DecoratedOperator" for base in operator_class.__mro__):
        return None
    given = getattr(task, "partial_kwargs", {}).get("python_callable")
    function = getattr(task, "python_callable", None) or given
    code = getattr(inspect.unwrap(function), "__code__", None) if callable(function) else None
    is_decorated = code is not None and code.co_firstlineno in _decorator_lines(code.co_filename)
    return (code.co_filename, code.co_firstlineno) if code is not None and is_decorated else None


def _find_call(path: str, task: Any) -> int | None:
    task_id = task.task_id
    group = getattr(task, "task_group", None)
    names = {task_id, task_id.rpartition(".")[2]}
    if group is not None and group.group_id:
        names.add(task_id.removeprefix(f"{group.group_id}."))
    return next((line for name, line in _task_lines(path) if name in names), None)


@cache
def _task_lines(path: str) -> list[tuple[str, int]]:
    tree = parse_source(path)
    nodes = [*ast.walk(tree)] if tree else []
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    named = [(_constant_of(call, "task_id"), call.lineno) for call in calls]
    # A function of the same name is the task only if no call has claimed the id.
    functions = [(node.name, first_line_of(node)) for node in nodes if isinstance(node, FUNCTIONS)]
    return [*((name, line) for name, line in named if name is not None), *functions]


@cache
def _dag_lines(path: str) -> list[tuple[str | None, int]]:
    tree = parse_source(path)
    nodes = [*ast.walk(tree)] if tree else []
    calls = [node for node in nodes if isinstance(node, ast.Call) and name_of(node.func) == "DAG"]
    return [
        *((_constant_of(call, "dag_id", 0), call.lineno) for call in calls),
        *(
            (_dag_id_of(node, decorator), first_line_of(node))
            for node in nodes
            if isinstance(node, FUNCTIONS)
            for decorator in node.decorator_list
            if _called(decorator) in _DAG_CALLS
        ),
    ]


def _dag_id_of(function: Function, decorator: ast.expr) -> str:
    given = _constant_of(decorator, "dag_id", 0) if isinstance(decorator, ast.Call) else None
    return given or function.name


def _called(decorator: ast.expr) -> str:
    return name_of(decorator.func if isinstance(decorator, ast.Call) else decorator)


@cache
def _decorator_lines(path: str) -> frozenset[int]:
    tree = parse_source(path)
    functions = [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)] if tree else []
    return frozenset(first_line_of(function) for function in functions if function.decorator_list)


def _constant_of(call: ast.Call, keyword: str, position: int | None = None) -> str | None:
    """Give the string that a call has as an argument; none where it is computed."""
    given = [item.value for item in call.keywords if item.arg == keyword]
    if not given and position is not None:
        given = call.args[position : position + 1]
    values = [item.value for item in given if isinstance(item, ast.Constant)]
    return values[0] if values and isinstance(values[0], str) else None
