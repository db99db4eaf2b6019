"""The last line of ``migrate``: how much is rewritten, and what that saves."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.results.diff import count_saved
from airflow_provider_k8sexec.cli.output import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.migration import Migration
    from airflow_provider_k8sexec.cli.migrate.reading.project import Project
    from airflow_provider_k8sexec.cli.migrate.results.new_files import NewFile
    from airflow_provider_k8sexec.cli.migrate.results.savings import Measurement, Saving

_OF_CLIENT = ("kubernetes", "airflow.providers.cncf.kubernetes")
"""What loads the client as it is imported."""


@frozen
class Summary:
    """How much was rewritten, or can be.

    Attributes:
        tasks: How many tasks have pod options in place of a hand-written pod.
        files: How many files change.
        lines: How many lines the files have less.
        saving: What a worker of these tasks saves; ``None`` where that is not known, or nothing.
    """

    tasks: int
    files: int
    lines: int
    saving: Saving | None = None

    def write(self, *, is_written: bool) -> str:
        """Write it as a line."""
        if not self.files:
            return "nothing to rewrite"
        done = "rewritten" if is_written else "can be rewritten"
        lines = f"{count(abs(self.lines), 'line')} {'saved' if self.lines >= 0 else 'more'}"
        line = f"{count(self.tasks, 'task')} of {count(self.files, 'file')} {done}, {lines}"
        if self.saving is None:
            return line
        return f"{line}; a worker saves {self.saving.mebibytes} MiB and {self.saving.milliseconds} ms"


def summarise(migration: Migration, done: Sequence[NewFile], measurement: Measurement) -> Summary:
    """Sum up what was rewritten, or can be.

    Args:
        migration: All of it.
        done: The files that count: where some could not be written, the others.
        measurement: That of what a worker saves.
    """
    files = {new.file.path for new in done}
    dag_files = {
        dag_file
        for group in migration.groups
        for placed in group.made
        if placed.file in files
        for dag_file in group.dag_files
    }
    tasks = [key for key in migration.rewritten if key.file in dag_files]
    lines = sum(count_saved(new.before, new.after) for new in done)
    texts = {new.file.path: new.after for new in done}
    saves = any(_saves(file, migration.readings.project, texts) for file in {key.file for key in tasks})
    return Summary(len(tasks), len(files), lines, measurement.read() if saves else None)


def _saves(dag_file: str, project: Project, texts: Mapping[str, str]) -> bool:
    """Report whether a DAG file and its modules have loaded the client, and no longer do."""
    sources = project.gather([Path(dag_file)])
    after = [ast.parse(texts.get(str(source.path), source.text)) for source in sources]
    return imports_client(source.tree for source in sources) and not imports_client(after)


def imports_client(trees: Iterable[ast.Module]) -> bool:
    """Report whether any of some files imports the kubernetes client, or what does."""
    return any(
        f"{module}.".startswith(tuple(f"{name}." for name in _OF_CLIENT))
        for tree in trees
        for node in ast.walk(tree)
        for module in _modules_of(node)
    )


def _modules_of(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
