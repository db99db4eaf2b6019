"""What ``migrate`` reports of a project: tasks that keep their pods, mistakes, and what is of old Airflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.lint.import_errors import report_import_errors
from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.findings import Finding
from airflow_provider_k8sexec.cli.migrate.left_tasks import Reason, find_left, write_on_a_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.cli.migrate.migration import Migration
    from airflow_provider_k8sexec.cli.migrate.verify import Loaded

_ARCHIVE = ".zip"


def report_left(migration: Migration, own_secret: str | None) -> Iterator[Finding]:
    """Report the tasks that keep a hand-written pod, and why."""
    made: dict[tuple[str, int], list[object]] = {}
    for key in migration.left:
        made.setdefault(migration.before.locations[key], []).append(migration.before.tasks[key])
    yield from find_left(made, [*_find_reasons(migration)], migration.readings.trees, own_secret)
    for file in migration.before.selection.files:
        if file.endswith(_ARCHIVE):
            yield Finding(
                file, 0, "is an archive, which is not rewritten", "rewrite the files, and pack them"
            )


def report_mistakes(migration: Migration) -> Iterator[Finding]:
    """Report the configs that do not do what they were meant to."""
    for file, reading in migration.readings.readings.items():
        for edit in reading.edits:
            if isinstance(edit, ConfigEdit) and edit.mistake:
                remedy = f"--fix writes {write_on_a_line(edit.options)}"
                yield Finding(file, edit.span.line, edit.mistake, remedy)


def report_errors(before: Loaded) -> list[str]:
    """Report what could not be loaded, as ``lint`` does."""
    reports = report_import_errors(before.selection.import_errors)
    stopped = [f"{report.file}:{report.line}: {report.problem}" for report in reports]
    return [*before.selection.errors, *stopped] or [*before.selection.emptiness]


def list_rewritable(migration: Migration) -> Iterator[str]:
    """List the lines that can be rewritten."""
    for group in migration.groups:
        for placed in group.kept:
            if not isinstance(placed.edit, RemovalEdit):
                yield str(Finding(placed.file, placed.edit.span.line, "this can be written as pod options"))


def _find_reasons(migration: Migration) -> Iterator[Reason]:
    for file, reading in migration.readings.readings.items():
        for refusal in reading.refusals:
            yield Reason(file, refusal.line, refusal.reason)
    for group in migration.groups:
        for given_up in group.given_up:
            if not isinstance(given_up.placed.edit, RemovalEdit):
                line = given_up.placed.edit.span.line
                yield Reason(given_up.placed.file, line, f"As pod options, {given_up.reason}")
