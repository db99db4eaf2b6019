"""Arguments that Airflow refuses: each by its name, without its value, with what was probably meant.

Only Airflow knows which arguments an operator takes: its constructor may read others from ``**kwargs``.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import tokenize
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.attach import NEITHER, parameters_of
from airflow_provider_k8sexec.authoring.layers import find_surroundings
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError, Problem, SpecError
from airflow_provider_k8sexec.options.declaration import describe_unknown
from airflow_provider_k8sexec.options.field_words import find_meant
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show_shape
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_INVALID = re.compile(r"Invalid arguments were passed to \w+.*?\*\*kwargs: (?P<given>\{.*)", re.DOTALL)
_ARGUMENTS = re.compile(r"\*\*kwargs: (?P<given>\{.*\})", re.DOTALL)
_UNEXPECTED = re.compile(r"got (?:an )?unexpected keyword arguments? (?P<names>'.*')")
_MISSING = re.compile(r"missing keyword arguments? (?P<names>'.*')")
_INNER_CLASS = re.compile(r"passed to _\w+ \(")


class Making(NamedTuple):
    """A task that Airflow was to make.

    Attributes:
        make: Makes it.
        arguments: What Airflow was given.
        operator_class: The operator.
        task: The task, for errors.
        location: The file and line of its author.
    """

    make: Callable[..., Any]
    arguments: Mapping[str, Any]
    operator_class: type
    task: str | None
    location: tuple[str, int]


def retry_without_refused(error: Exception, making: Making) -> Any:
    """Explain an error of Airflow about arguments; lint goes on without them.

    Args:
        error: Any error that making a task has raised.
        making: The task.

    Raises:
        SpecError: Airflow refuses some of the arguments, or misses one.
        Exception: The error, if it is about anything else.
    """
    arguments, operator_class = making.arguments, making.operator_class
    if isinstance(error, K8sExecError):
        raise error
    own = parameters_of(operator_class)
    missing = [name for name in _names_in(_MISSING.search(str(error))) if name not in arguments]
    meant = _match_missing(arguments, missing, own)
    refused = _find_refused(str(error), arguments, own)
    problems = [
        *(_describe_misspelt(name, arguments[name], nearest) for name, nearest in meant.items()),
        *(_describe_missing(name) for name in missing if name not in meant.values()),
        *(_describe_refused(name, arguments[name], operator_class) for name in refused),
    ]
    if not problems:
        raise error
    explained, context = SpecError(problems, making.task, making.location), load_context()
    if set(missing) - {*meant.values()}:
        raise explained from None
    try:
        context.replace_refused(explained, TaskRequest((), (), context.deployment))
    except K8sExecError as raised:
        raise raised.with_traceback(None) from None
    dag, group = find_surroundings(arguments)
    if dag is not None and group is not None:
        compat.remove_half_made(dag, group)
    rest = {meant.get(name, name): value for name, value in arguments.items() if name not in refused}
    return making.make(**rest)


def _find_refused(text: str, arguments: Mapping[str, Any], own: frozenset[str]) -> list[str]:
    """Find what Airflow refuses: not what the operator takes, and something inside it refuses."""
    invalid, unexpected = _INVALID.search(text), _UNEXPECTED.search(text)
    names = _keys_of(invalid["given"]) if invalid else _names_in(unexpected)
    return [name for name in names if name in arguments and name not in own]


def _match_missing(
    arguments: Mapping[str, Any], missing: Iterable[str], own: frozenset[str]
) -> dict[str, str]:
    """Find the arguments that are misspelt forms of those that are missing."""
    nearest = {name: find_nearest(name, missing) for name in arguments if missing and name not in own}
    return {name: found for name, found in nearest.items() if found is not None}


def _describe_refused(name: str, value: object, operator_class: type) -> Problem:
    if find_meant(name):
        return describe_unknown(name, value, NEITHER)
    return _describe_misspelt(name, value, find_nearest(name, parameters_of(operator_class) - {"self"}))


def _describe_misspelt(name: str, value: object, nearest: str | None) -> Problem:
    remedy = f"write {nearest}=..." if nearest else "remove it"
    return Problem(name, show_shape(value), NEITHER, remedy, "K8S101")


def _describe_missing(name: str) -> Problem:
    return Problem(name, "", "is missing, and the operator requires it", f"write {name}=...", "K8S101")


def name_arguments(text: str) -> str:
    """Name the arguments that Airflow refuses, without their values: one may be a password."""
    named = _ARGUMENTS.sub(lambda match: ", ".join(_keys_of(match["given"])), text)
    return _INNER_CLASS.sub("passed to the decorator (", named)


def find_invalid(text: str) -> list[str]:
    """Find the names of the arguments that Airflow refuses, in the text of its error."""
    match = _ARGUMENTS.search(text)
    return _keys_of(match["given"]) if match else []


def _names_in(match: re.Match[str] | None) -> list[str]:
    return re.findall(r"'(\w+)'", match["names"]) if match else []


def _keys_of(written: str) -> list[str]:
    """Give the keys of a dict as Python writes it, whatever its values are: not those of dicts inside it."""
    keys: list[str] = []
    depth, before = 0, None
    with contextlib.suppress(tokenize.TokenError, SyntaxError, ValueError):
        for token in tokenize.generate_tokens(io.StringIO(written).readline):
            if token.type == tokenize.OP:
                depth += (token.string in "([{") - (token.string in ")]}")
                if token.string == ":" and depth == 1 and before and before.type == tokenize.STRING:
                    keys.append(ast.literal_eval(before.string))
            before = token
    return keys
