"""Which DAG files a command looks at, and which of their tasks: what it was given, made sure of."""

from __future__ import annotations

import os
import re
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.output import count
from airflow_provider_k8sexec.cli.progress import show_progress
from airflow_provider_k8sexec.options.nearest_names import find_nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_OF_DAGS = (".py", ".zip")
_MOST_NAMED = 10
_LONGEST_SHOWN = 200
_NAME_ONE = "name a DAG file, or a folder of such"


@define
class Selection:
    """What a command was given, as it was loaded.

    Attributes:
        paths: The files and folders that were given.
        files: The DAG files.
        tasks: Their tasks, as far as the command is to look at them.
        errors: What is wrong with what was given: paths without DAG files, names that nothing has.
        emptiness: Why there is no task, where nothing else is wrong.
        bag: Airflow's own, with import errors and warnings.
    """

    paths: list[str] = field(factory=list)
    files: list[str] = field(factory=list)
    tasks: list[Any] = field(factory=list)
    errors: list[str] = field(factory=list)
    emptiness: list[str] = field(factory=list)
    bag: Any = None

    @property
    def dags(self) -> list[Any]:
        """All DAGs of the files, by their names."""
        return [dag for _, dag in sorted(self.bag.dags.items())] if self.bag else []

    @property
    def import_errors(self) -> Mapping[str, str]:
        """The error that ended each DAG file that has none of its DAGs, by the file's whole path."""
        errors = self.bag.import_errors if self.bag else {}
        return {complete_path(file, self.files): error for file, error in errors.items()}

    @property
    def looked_at(self) -> str:
        """How much the command has looked at, for its summary."""
        return f"{count(len(self.tasks), 'task')} in {count(len(self.files), 'file')}"


def complete_path(file: str, files: Iterable[str]) -> str:
    """Give the whole path of one of some files: some lines of Airflow give it from the folder of DAGs."""
    return next((whole for whole in files if whole.endswith(f"{os.sep}{file}")), file)


def load_selection(paths: Sequence[str], dag_id: str | None, task_id: str | None) -> Selection:
    """Load the DAG files at paths, and select tasks of them.

    Args:
        paths: Files, folders, and patterns as shells expand them, ``**`` included.
        dag_id: The only DAG to look at, if any.
        task_id: The only task of each DAG to look at, if any.
    """
    selection = Selection()
    selection.paths = found = [path for given in paths for path in _expand(given, selection.errors)]
    if not found:
        return selection
    with show_progress("Loading") as announce:

        def begin(file: str) -> None:
            selection.files.append(file)
            announce(file)

        selection.bag = compat.load_dag_bag(*found, before_each=begin)
    dags = selection.dags
    selection.tasks = [*_select(dags, dag_id, task_id)]
    if not selection.tasks and (dags or not selection.import_errors):
        selection.emptiness += _explain_nothing(found, dags, dag_id, task_id)
    return selection


def _expand(given: str, errors: list[str]) -> Iterator[str]:
    """Give the paths that are meant; keep a sentence where there is none."""
    is_pattern = has_magic(given) and not os.path.lexists(given)
    paths = sorted(glob(given, recursive=True)) if is_pattern else [given]  # noqa: PTH207  # absolute ones, too
    if not paths:
        errors.append(f"No file matches {given!r}; {_NAME_ONE}.")
    for path in paths:
        if not os.path.exists(path):  # noqa: PTH110  # False for a name that no file can have, and for none
            errors.append(_explain_missing(path))
        elif Path(path).is_dir():
            trouble = _find_trouble(path)
            if not trouble:
                yield path
            else:
                errors.append(f"The folder {path!r} {trouble}.")
        elif Path(path).suffix in _OF_DAGS:
            if Path(path).is_file():
                yield path
            else:
                errors.append(f"{path!r} is neither a file nor a folder; {_NAME_ONE}.")
        elif paths == [given]:  # a pattern may match other files, which nobody has asked for
            errors.append(f"{path!r} is no DAG file; name a file whose name ends with .py, or a folder.")


def _explain_missing(path: str) -> str:
    if os.path.islink(path):  # noqa: PTH114  # as above
        target = os.readlink(path)  # noqa: PTH115  # likewise
        return f"The file {path!r} is a link to {target!r}, which does not exist; {_NAME_ONE}."
    around = os.listdir(os.path.dirname(path) or ".") if _is_folder_readable(path) else []  # noqa: PTH120, PTH208
    nearest = find_nearest(Path(path).name, around)
    remedy = f"write {str(Path(path).with_name(nearest))!r}" if nearest else _NAME_ONE
    return f"There is no file {path[:_LONGEST_SHOWN]!r}; {remedy}."


def _is_folder_readable(path: str) -> bool:
    folder = os.path.dirname(path) or "."  # noqa: PTH120  # as above
    return "\0" not in path and os.path.isdir(folder) and os.access(folder, os.R_OK)  # noqa: PTH112


def _find_trouble(folder: str) -> str:
    """Find why a folder has no DAG file, if it has none."""
    try:
        if compat.list_dag_files(folder):
            return ""
    except (re.error, ValueError) as error:
        return f"has an .airflowignore that Airflow cannot read: {error}; correct that pattern"
    is_readable = os.access(folder, os.R_OK | os.X_OK)
    return f"{'has no DAG file' if is_readable else 'cannot be read: permission denied'}; {_NAME_ONE}"


def _select(dags: Iterable[Any], dag_id: str | None, task_id: str | None) -> Iterator[Any]:
    for dag in dags:
        for task in dag.tasks:
            if dag_id in (None, dag.dag_id) and task_id in (None, task.task_id):
                yield task


def _explain_nothing(
    paths: Sequence[str], dags: Sequence[Any], dag_id: str | None, task_id: str | None
) -> Iterator[str]:
    where = " ".join(paths)
    dag_ids = [dag.dag_id for dag in dags]
    if not dags:
        yield f"{where} defines no DAG; make one as the file is loaded: with DAG(...), or by calling @dag's."
    elif dag_id is not None and dag_id not in dag_ids:
        yield f"{where} defines no DAG {dag_id!r}{_suggest(dag_id, dag_ids)}."
    elif task_id is not None:
        task_ids = [task.task_id for task in _select(dags, dag_id, None)]
        holder = f"DAG {dag_id!r}" if dag_id else where
        yield f"{holder} has no task {task_id!r}{_suggest(task_id, task_ids)}."
    else:
        yield f"The DAGs of {where} have no task; make one in each."


def _suggest(name: str, known: Sequence[str]) -> str:
    nearest = find_nearest(name, known, cutoff=0.6)
    names = ", ".join(sorted(known)) if len(known) <= _MOST_NAMED else f"{len(known)} others"
    return f"; write {nearest}" if nearest else f"; it has {names}" if known else ""
