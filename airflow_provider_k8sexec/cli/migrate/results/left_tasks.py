"""The tasks that keep a hand-written pod: where they are made, why it is left, and the options to write."""

from __future__ import annotations

import ast
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.migrate.findings import Finding
from airflow_provider_k8sexec.cli.migrate.groups import find_holders, names_in
from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.problems import list_names
from airflow_provider_k8sexec.options.shown import HIDDEN, show_written
from airflow_provider_k8sexec.pod.shortest.options import find_shortest
from airflow_provider_k8sexec.rules.requested_pod.handwritten import override_of
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption
    from airflow_provider_k8sexec.site_policy.task_location import Location

    Trees = Mapping[str, ast.Module]

_UNSEEN = "what makes it was not found in the source"


@frozen
class Reason:
    """Why an expression is left as it is.

    Attributes:
        file: Its file.
        line: Its line.
        text: The reason: a sentence.
        is_mistake: Whether it is a mistake, which is reported by itself.
        is_common: Whether it is that of all configs around it, so that one line is enough.
    """

    file: str
    line: int
    text: str
    is_mistake: bool = False
    is_common: bool = False


def find_left(
    tasks: Mapping[Location, Sequence[Any]],
    reasons: Sequence[Reason],
    trees: Trees,
    own_secret: str | None,
) -> Iterator[Finding]:
    """Find what to report of the tasks that keep a hand-written pod, and of what else is left.

    Args:
        tasks: The tasks, by where they are made.
        reasons: What is left as it is.
        trees: The files that were read.
        own_secret: The deployment's own secret.
    """
    found = {at: [*_find_reasons(trees.get(at[0]), *at, reasons, trees)] for at in tasks}
    explained = {reason for of_task in found.values() for reason in of_task}
    common: dict[str, list[tuple[str, int, str]]] = {}
    for (file, line), made in tasks.items():
        reasons_here = found[file, line] or _find_mistakes(file, reasons, explained)
        if any(reason.is_mistake for reason in reasons_here):
            continue
        why = " ".join(dict.fromkeys(reason.text.rstrip(".") for reason in reasons_here)) or _UNSEEN
        if reasons_here and all(reason.is_common for reason in reasons_here):
            common.setdefault(why, []).extend((file, line, _name(task)) for task in made)
            continue
        for options, names in _group_by_options(made, own_secret).items():
            yield Finding(file, line, f"{_write_kept(names)}: {why}", options)
    for why, kept in common.items():
        (file, line, _), *_ = sorted(kept)
        yield Finding(file, line, f"{_write_kept([name for _, _, name in sorted(kept)])}: {why}")
    for reason in reasons:
        if reason not in explained and not reason.is_mistake and reason.text.rstrip(".") not in common:
            yield Finding(reason.file, reason.line, f"this is left as it is: {reason.text}")


def _find_mistakes(file: str, reasons: Iterable[Reason], explained: set[Reason]) -> list[Reason]:
    """Find the mistakes of a file that the calls of no tasks show, such as those in ``default_args``."""
    mistakes = (reason for reason in reasons if reason.is_mistake and reason.file == file)
    return [reason for reason in mistakes if reason not in explained]


def write_runtime_options(config: Any, own_secret: str | None) -> str:
    """Write the options of the pod that a task has as it is loaded; what may be secret as ``...``."""
    pod = to_manifest(override_of(config))
    shown = show_written(pod, [{"metadata": pod.get("metadata", {})}], compat.is_sensitive_name)
    try:
        written = write_on_a_line(find_shortest(_replace_hidden(shown), own_secret))
    except (ValueError, TypeError, K8sExecError) as error:
        return f"no options build it: {error}"
    return f"as it was loaded, its options are {written}" if written else ""


def write_on_a_line(options: Iterable[WrittenOption]) -> str:
    """Write options as they stand in a call."""
    return ", ".join(f"{name}={value}" for name, value in write_arguments(options))


def _replace_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_replace_hidden(item) for item in value]
    return Code("...") if value == HIDDEN else value


def _group_by_options(tasks: Iterable[Any], own_secret: str | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for task in tasks:
        options = ""
        with suppress(Exception):  # foreign objects may raise anything when they are read
            options = write_runtime_options(task.executor_config, own_secret)
        found.setdefault(options, []).append(_name(task))
    return found


def _name(task: Any) -> str:
    return f"{task.dag_id}.{task.task_id}"


def _write_kept(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"task {names[0]} keeps its hand-written pod"
    return f"tasks {list_names(names)} keep their hand-written pods"


def _find_reasons(
    tree: ast.Module | None, file: str, line: int, reasons: Iterable[Reason], trees: Trees
) -> Iterator[Reason]:
    """Find the reasons that concern a call: those in it, and those of what it names."""
    if tree is None:
        return
    end, names = _read_call(tree, line)
    found = [
        reason
        for reason in reasons
        if (reason.file == file and line <= reason.line <= end) or _is_named(reason, names, trees)
    ]
    # Else it may be one of default_args, or another that is in no call of a task.
    yield from found or [reason for reason in reasons if reason.file == file][:1]


def _is_named(reason: Reason, names: set[str], trees: Trees) -> bool:
    """Report whether what is left for a reason has one of some names."""
    tree = trees.get(reason.file)
    return tree is not None and not names.isdisjoint(find_holders(tree, reason.line, reason.line))


def _read_call(tree: ast.Module, line: int) -> tuple[int, set[str]]:
    """Give the last line of the call, or of the decorators, at a line, and the names in it."""
    parts: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            parts += [part for part in node.decorator_list if node.decorator_list[0].lineno == line]
        elif isinstance(node, ast.Call) and node.lineno == line:
            parts.append(node)
    return max([line, *(part.end_lineno or line for part in parts)]), set().union(*map(names_in, parts))
