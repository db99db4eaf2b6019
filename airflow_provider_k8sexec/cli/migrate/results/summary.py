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

    from airflow_provider_k8sexec.cli.migrate.fixes import Fixes
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
        mistakes: How many mistakes were fixed, or can be.
        unwritten: How many files could not be written.
        saving: What a worker of these tasks saves; ``None`` where that is not known, or nothing.
    """

    tasks: int
    files: int
    lines: int
    mistakes: int = 0
    unwritten: int = 0
    saving: Saving | None = None

    @property
    def has_content(self) -> bool:
        """Whether anything was rewritten, can be, or should have been."""
        return bool(self.files or self.mistakes or self.unwritten)

    def write(self, *, is_written: bool) -> str:
        """Write it as a line."""
        if not self.has_content:
            return "nothing to rewrite"
        can_be = "" if is_written else "can be "
        done = []
        if self.files:
            done.append(f"{count(self.tasks, 'task')} of {count(self.files, 'file')} {can_be}rewritten")
        if self.mistakes:
            done.append(f"{count(self.mistakes, 'mistake')} {can_be}fixed")
        if done:
            done.append(f"{count(abs(self.lines), 'line')} {'saved' if self.lines >= 0 else 'more'}")
        parts = [", ".join(done)] if done else []
        if self.unwritten:
            parts.append(f"{count(self.unwritten, 'file')} could not be written")
        if self.saving is not None:
            parts.append(f"a worker saves {self.saving.mebibytes} MiB and {self.saving.milliseconds} ms")
        return "; ".join(parts)


def summarise(
    migration: Migration, fixes: Fixes, done: Sequence[NewFile], measurement: Measurement
) -> Summary:
    """Sum up what was rewritten, or can be.

    Args:
        migration: All of it.
        fixes: The mistakes that are rewritten, where that is wanted.
        done: The files that count: where some could not be written, the others.
        measurement: That of what a worker saves.
    """
    equal = [new for new in done if not new.notes]
    files = {new.file.path for new in equal}
    finished = {new.file.path for new in done}
    dag_files = {
        dag_file
        for group in migration.groups
        for placed in group.made
        if placed.file in files
        for dag_file in group.dag_files
    }
    tasks = [key for key in migration.rewritten if key.file in dag_files]
    lines = sum(count_saved(new.before, new.after) for new in done)
    texts = {new.file.path: new.after for new in equal}
    saves = any(_saves(file, migration.readings.project, texts) for file in {key.file for key in tasks})
    return Summary(
        len(tasks),
        len(files),
        lines,
        fixes.count_mistakes(finished),
        len({*migration.texts, *fixes.new} - finished),
        measurement.read() if saves else None,
    )


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
