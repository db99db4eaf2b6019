"""The way from DAG files as they are to DAG files with pod options, where every task's pod stays equal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from attrs import define, field

from airflow_provider_k8sexec.authoring.attach import starts_pod
from airflow_provider_k8sexec.authoring.misread import class_of
from airflow_provider_k8sexec.cli.migrate.groups import by_file, group_edits
from airflow_provider_k8sexec.cli.migrate.plan import Group, choose_edits
from airflow_provider_k8sexec.cli.migrate.proof.verify import compare, reload
from airflow_provider_k8sexec.cli.migrate.readings import (
    Readings,
    find_dag_folders,
    find_roots,
    mentions_configs,
    read_files,
)
from airflow_provider_k8sexec.cli.migrate.rewriting import Rewriting
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit, Span
    from airflow_provider_k8sexec.cli.migrate.proof.verify import Loaded, TaskKey
    from airflow_provider_k8sexec.cli.migrate.results.new_files import NewFile

    Tried = tuple[dict[str, list[Span]], frozenset[str]]

_OWN = __name__.partition(".")[0]


@define
class Migration:
    """What is rewritten, and what is left.

    Attributes:
        before: The DAG files as they are.
        readings: What was read of them.
        rewriting: Makes the edits.
        groups: The edits that leave pods equal, as far as they are chosen.
        texts: The new text of each file that changes.
        after: The DAG files that these files concern, as they would be.
    """

    before: Loaded
    readings: Readings
    rewriting: Rewriting
    groups: list[Group]
    texts: dict[str, str] = field(factory=dict)
    after: Loaded | None = None
    _last: tuple[Tried, dict[str, str]] | None = None

    @classmethod
    def of(cls, before: Loaded, own_secret: str | None) -> Migration:
        """Read the files that have anything to rewrite."""
        by_hand = {key.file for key, task in before.tasks.items() if is_by_hand(task)}
        dag_files = [file for file in before.selection.files if file in by_hand or mentions_configs(file)]
        folders = find_dag_folders(before.selection.paths)
        readings = read_files(dag_files, find_roots(folders), own_secret)
        readings.add_importers(before.selection.files, folders)
        equal = {file: reading.edits for file, reading in readings.readings.items() if reading.edits}
        exported = {file: readings.find_needed(file) for file in equal}
        grouped = group_edits(
            equal, readings.trees, {file: frozenset(of) for file, of in readings.concerned.items()}
        )
        groups = [Group(dag_files, [bounds]) for dag_files, bounds in grouped]
        return cls(before, readings, Rewriting(readings.files, exported), groups)

    def choose(self) -> None:
        """Keep the edits that leave every pod equal, and make them."""
        for group in self.groups:
            if stopped := sorted(group.dag_files & self.before.selection.import_errors.keys()):
                file = shorten(stopped[0])
                group.leave(f"It may change pods of {file}, which cannot be loaded; correct that file")
        choose_edits(self.groups, self._find_faults)
        while kept := by_file(placed for group in self.groups for placed in group.made):
            concerned = frozenset().union(*(group.dag_files for group in self.groups if group.made))
            faults = self._find_faults(kept, concerned)  # of a file that differs from load to load, for one
            differing = [group for group in self.groups if group.made and group.find_fault(faults)]
            if not faults:
                break
            for group in differing or self.groups:
                group.withdraw(group.find_fault(faults) or next(iter(faults.values())))
        self.texts, _ = self.rewriting.write(kept)

    def _find_faults(self, edits: Mapping[str, Sequence[Edit]], dag_files: frozenset[str]) -> dict[str, str]:
        """Make edits, load DAG files, and find what differs in each."""
        tried = ({file: [edit.span for edit in of] for file, of in edits.items()}, dag_files)
        if self._last is not None and self._last[0] == tried:
            return self._last[1]
        faults = self._compare(edits, dag_files)
        self._last = (tried, faults)
        return faults

    def _compare(self, edits: Mapping[str, Sequence[Edit]], dag_files: frozenset[str]) -> dict[str, str]:
        texts, failed = self.rewriting.write(edits)
        faults = {dag: reason for file, reason in failed.items() for dag in self.readings.concerned[file]}
        self.after = reload(self.before, texts, sorted(dag_files))
        for difference in compare(self.before, self.after):
            task, reason = difference.task, difference.reason
            reason = f"Rewritten, {task} would differ: {reason}" if task else reason
            for dag_file in self.readings.concerned.get(difference.file, {difference.file}):
                faults.setdefault(dag_file, reason)
        return faults

    def named(self, file: str) -> set[str]:
        """Give the names by which Airflow has loaded a file as a DAG file."""
        return {name for name in self.before.selection.files if os.path.realpath(name) == file}

    def together(self, new_files: Sequence[NewFile]) -> list[list[NewFile]]:
        """Divide new files into those of which each is right only with the others."""
        numbers = {placed.file: number for number, group in enumerate(self.groups) for placed in group.made}
        found: dict[object, list[NewFile]] = {}
        for new in new_files:
            found.setdefault(numbers.get(new.file.path, new.file.path), []).append(new)
        return [*found.values()]

    @property
    def rewritten(self) -> list[TaskKey]:
        """The tasks whose pod is no longer written by hand."""
        after = self.after.tasks if self.after and self.texts else {}
        return [
            key
            for key, task in self.before.tasks.items()
            if is_by_hand(task) and key in after and not is_by_hand(after[key])
        ]

    @property
    def left(self) -> list[TaskKey]:
        """The tasks whose config stays written by hand; what starts a pod may well stay what it is."""
        done = {*self.rewritten}
        return [
            key for key, task in self.before.tasks.items() if has_config_by_hand(task) and key not in done
        ]


def is_by_hand(task: Any) -> bool:
    """Report whether a task's pod, or the one that it starts, is written without pod options."""
    operator = class_of(task)
    is_own = operator.__module__.partition(".")[0] == _OWN
    return has_config_by_hand(task) or (starts_pod(operator) and not is_own)


def has_config_by_hand(task: Any) -> bool:
    """Report whether a task has an executor config, and this package has not made it."""
    config = task.executor_config
    return bool(config) and not isinstance(config, ExecutorConfig)
