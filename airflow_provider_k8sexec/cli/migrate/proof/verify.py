"""The proof: DAG files are loaded as they are and as they would be, and every task is compared."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NamedTuple

from attrs import field, frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.cli.lint.import_errors import report_import_error, whole_tracebacks
from airflow_provider_k8sexec.cli.lint.refusals import LocalContext
from airflow_provider_k8sexec.cli.migrate.proof.overlay import overlaid, same_process
from airflow_provider_k8sexec.cli.migrate.proof.requested_pods import (
    Requested,
    RequestedReader,
    find_pod_difference,
)
from airflow_provider_k8sexec.cli.migrate.proof.task_likeness import find_other_difference
from airflow_provider_k8sexec.cli.progress import show_progress
from airflow_provider_k8sexec.cli.selection import Selection, load_selection
from airflow_provider_k8sexec.context import load_context, use_context
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.pod.executor_config import shared_configuration
from airflow_provider_k8sexec.site_policy.task_location import locate_task, recorded_tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.exceptions import K8sExecError
    from airflow_provider_k8sexec.pod.task_request import TaskRequest
    from airflow_provider_k8sexec.site_policy.task_location import Location

_LAID = "pod options of a task are laid over those of default_args, which its config replaces today"
"""Why a task that has a config beside that of ``default_args`` may differ."""


class TaskKey(NamedTuple):
    """What a task is known by in two loads of its file."""

    file: str
    dag_id: str
    task_id: str

    @property
    def name(self) -> str:
        """The names of its DAG and task."""
        return f"{self.dag_id}.{self.task_id}"


@frozen
class Difference:
    """What is not the same after a rewrite.

    Attributes:
        file: The DAG file, or the rewritten module that no DAG file imports.
        task: The names of the DAG and the task; empty for the whole file.
        reason: What differs: a sentence.
    """

    file: str
    task: str
    reason: str


class MigrationContext(LocalContext):
    """The site as pods are compared: without the warnings of its policy, and with what it fills in."""

    def __init__(self, site: SiteContext) -> None:
        super().__init__(site)
        self.fills_defaults = site.settings.policy == "fix"

    def replace_refused(self, error: K8sExecError, request: TaskRequest) -> TaskRequest:  # noqa: ARG002  # lint's
        """Raise the error of a declaration: pod options that are refused are no rewrite."""
        raise error


@frozen
class Loaded:
    """DAG files as they were loaded.

    Attributes:
        selection: The files, and Airflow's bag of DAGs.
        tasks: The tasks.
        configs: What each task requests.
        locations: Where each task is made; empty for a load with other sources.
        overlay: The real paths of the files that had another source, and whether it was read.
        known_modules: The names of the modules that were imported before.
    """

    selection: Selection
    tasks: Mapping[TaskKey, Any]
    configs: Mapping[TaskKey, Requested]
    locations: Mapping[TaskKey, Location] = field(factory=dict)
    overlay: Mapping[str, bool] = field(factory=dict)
    known_modules: frozenset[str] = frozenset()


def load(paths: Sequence[str]) -> Loaded:
    """Load DAG files as they are.

    Args:
        paths: Files, folders and patterns, as a command is given them.
    """
    known = frozenset(sys.modules)
    with ExitStack() as stack:
        _enter(stack)
        stack.enter_context(recorded_tasks(find_author))
        selection = load_selection(paths, None, None)
        tasks = _tasks_of(selection)
        locations = {key: locate_task(task) for key, task in tasks.items()}
        configs = _read_configs(tasks)
    return Loaded(selection, tasks, configs, locations, known_modules=known)


def reload(before: Loaded, overlay: Mapping[str, str], files: Iterable[str] | None = None) -> Loaded:
    """Load DAG files again, some with another source; nothing is written.

    Args:
        before: The files as they are.
        overlay: The other sources, of DAG files and of modules that they import, by their paths.
        files: The DAG files to load; all, where none are given.
    """
    chosen = before.selection.files if files is None else [*files]
    selection = Selection([*before.selection.paths])
    with ExitStack() as stack:
        _enter(stack)
        read = stack.enter_context(overlaid(overlay, before.known_modules))
        announce = stack.enter_context(show_progress("Comparing"))

        def begin(file: str) -> None:
            selection.files.append(file)
            announce(file)

        selection.bag = compat.load_dag_files(_named(chosen, selection.paths), begin)
        tasks = _tasks_of(selection)
        configs = _read_configs(tasks)
    paths = (os.path.realpath(path) for path in overlay)
    return Loaded(selection, tasks, configs, overlay={path: path in read for path in paths})


def _enter(stack: ExitStack) -> None:
    """Make the conditions under which files are loaded, which are the same each time."""
    stack.enter_context(same_process())
    stack.enter_context(use_context(MigrationContext(load_context())))
    stack.enter_context(whole_tracebacks())
    stack.enter_context(shared_configuration())


def _named(files: Iterable[str], paths: Sequence[str]) -> dict[str, str]:
    """Give each file with the path by which it was named, from which its modules are imported."""
    folders = {os.path.abspath(path): path for path in paths}  # noqa: PTH100  # links stay, as Airflow's do
    return {
        file: next(
            (
                path
                for folder, path in reversed(folders.items())
                if f"{file}{os.sep}".startswith(f"{folder}{os.sep}")
            ),
            file,
        )
        for file in files
    }


def _tasks_of(selection: Selection) -> dict[TaskKey, Any]:
    return {
        TaskKey(dag.fileloc, dag.dag_id, task.task_id): task for dag in selection.dags for task in dag.tasks
    }


def _read_configs(tasks: Mapping[TaskKey, Any]) -> dict[TaskKey, Requested]:
    reader = RequestedReader()
    return {key: reader.read(task.executor_config) for key, task in tasks.items()}


def compare(before: Loaded, after: Loaded) -> list[Difference]:
    """Find what is not the same after a rewrite, in the DAG files that were loaded again."""
    with use_context(MigrationContext(load_context())):
        return [*_compare(before, after)]


def _compare(before: Loaded, after: Loaded) -> Iterator[Difference]:
    files = frozenset(after.selection.files)
    for path, is_read in after.overlay.items():
        if not is_read:
            yield Difference(
                path, "", "No DAG file imports it, so that nothing shows whether pods stay equal."
            )
    stopped = {**_errors_of(after, "as rewritten"), **_errors_of(before, "as it is")}
    yield from (stopped[file] for file in sorted(files & stopped.keys()))
    for key in dict.fromkeys([*before.tasks, *after.tasks]):
        if key.file in files and key.file not in stopped:
            reason = _compare_task(key, before, after)
            if reason is not None:
                yield Difference(key.file, key.name, reason)


def _errors_of(loaded: Loaded, when: str) -> dict[str, Difference]:
    """Describe why files cannot be loaded, by file."""
    return {
        file: Difference(
            file, "", f"The file cannot be loaded {when}: {report_import_error(file, error).problem}"
        )
        for file, error in loaded.selection.import_errors.items()
    }


def _compare_task(key: TaskKey, before: Loaded, after: Loaded) -> str | None:
    if key not in before.tasks:
        return "the task is not there before."
    if key not in after.tasks:
        return "the task is not there after."
    first, second = before.tasks[key], after.tasks[key]
    found = find_other_difference(first, second)
    if found:
        return found
    found = find_pod_difference(first, second, before.configs[key], after.configs[key])
    return f"{found.rstrip('.')}; {_LAID}." if found and _replaces_defaults(first) else found


def _replaces_defaults(task: Any) -> bool:
    """Report whether a task has a config of its own in place of that of its DAG's ``default_args``."""
    default = task.dag.default_args.get(EXECUTOR_CONFIG)
    return bool(default) and default != task.executor_config
