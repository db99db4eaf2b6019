"""What ``migrate`` reports of a project: tasks that keep their pods, mistakes, and what is of old Airflow."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from airflow_provider_k8sexec.cli.lint.import_errors import report_import_errors
from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, OperatorEdit
from airflow_provider_k8sexec.cli.migrate.findings import Finding
from airflow_provider_k8sexec.cli.migrate.from_yaml.yaml_files import find_in_yaml
from airflow_provider_k8sexec.cli.migrate.results.left_tasks import Reason, find_left, write_on_a_line
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.code import Code
from airflow_provider_k8sexec.options.shown import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.migration import Migration
    from airflow_provider_k8sexec.cli.migrate.proof.verify import Loaded
    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

_ARCHIVE = ".zip"
_FREE = frozenset({"annotations", "env_vars", "init_containers", "labels", POD_OVERRIDE, "sidecars"})
"""Options with values of which anything may be a secret."""


def report_left(migration: Migration, own_secret: str | None) -> Iterator[Finding]:
    """Report the tasks that keep a hand-written pod, and why."""
    made: dict[tuple[str, int], list[object]] = {}
    for key in migration.left:
        file, line = migration.before.locations[key]
        made.setdefault((os.path.realpath(file), line), []).append(migration.before.tasks[key])
    yield from find_left(made, [*_find_reasons(migration)], migration.readings.trees, own_secret)
    for file in migration.before.selection.files:
        if file.endswith(_ARCHIVE):
            yield Finding(
                file, 0, "is an archive, which is not rewritten", "rewrite the files, and pack them"
            )


def report_mistakes(migration: Migration, *, is_fixed: bool) -> Iterator[Finding]:
    """Report the configs that do not do what they were meant to."""
    for file, reading in migration.readings.mistakes.items():
        for edit in () if is_fixed else reading.edits:
            if isinstance(edit, ConfigEdit):
                remedy = f"--fix writes {write_on_a_line(map(_hide, edit.options))}"
                yield Finding(file, edit.span.line, edit.mistake, remedy)
        for refusal in reading.refusals:
            yield Finding(file, refusal.line, refusal.reason)


def _hide(option: WrittenOption) -> WrittenOption:
    """Leave out a value that may be secret: the diff has it, which only those see who see the file."""
    return evolve(option, value=Code(HIDDEN)) if option.name in _FREE else option


def report_yaml(paths: Sequence[str], own_secret: str | None) -> Iterator[Finding]:
    """Report the executor configs in YAML files, with the options to write there."""
    folders = [path for path in paths if Path(path).is_dir()]
    for found in find_in_yaml(folders, own_secret, load_context().template):
        options = " ".join(found.options_text.split("\n")) if found.options_text else ""
        yield Finding(found.file, found.line, found.reason, options and f"write {options}")


def report_errors(before: Loaded) -> list[str]:
    """Report what could not be loaded, as ``lint`` does."""
    reports = report_import_errors(before.selection.import_errors)
    stopped = [f"{report.file}:{report.line}: {report.problem}" for report in reports]
    return [*before.selection.errors, *stopped] or [*before.selection.emptiness]


def list_rewritable(migration: Migration) -> Iterator[str]:
    """List the lines that can be rewritten."""
    for group in migration.groups:
        for placed in group.made:
            if isinstance(placed.edit, (ConfigEdit, OperatorEdit)):
                yield str(Finding(placed.file, placed.edit.span.line, "this can be written as pod options"))


def _find_reasons(migration: Migration) -> Iterator[Reason]:
    for file, reading in migration.readings.readings.items():
        for refusal in reading.refusals:
            yield Reason(file, refusal.line, refusal.reason)
    for file, reading in migration.readings.mistakes.items():
        lines = [edit.span.line for edit in reading.edits if isinstance(edit, ConfigEdit)]
        for line in [*lines, *(refusal.line for refusal in reading.refusals)]:
            yield Reason(file, line, "", is_mistake=True)
    stopped = {os.path.realpath(file) for file in migration.before.selection.import_errors}
    for group in migration.groups:
        is_common = not group.dag_files.isdisjoint(migration.before.selection.import_errors)
        for given_up in group.given_up:
            is_config = isinstance(given_up.placed.edit, (ConfigEdit, OperatorEdit))
            if is_config and given_up.placed.file not in stopped:  # whose errors are reported
                line = given_up.placed.edit.span.line
                yield Reason(given_up.placed.file, line, given_up.reason, is_common=is_common)
