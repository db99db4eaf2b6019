"""The second step, where it is wanted: what does not do today what it was meant to is rewritten to do so.

There is no pod to compare with, so each of these rewrites is marked, and none is mixed with equal ones: they
begin where those end.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit
from airflow_provider_k8sexec.cli.migrate.file_bytes import FileBytes
from airflow_provider_k8sexec.cli.migrate.findings import Finding
from airflow_provider_k8sexec.cli.migrate.mistakes.read_mistakes import read_mistakes
from airflow_provider_k8sexec.cli.migrate.old_airflow.find_old import find_old
from airflow_provider_k8sexec.cli.migrate.proof.verify import reload
from airflow_provider_k8sexec.cli.migrate.reading.project import Project
from airflow_provider_k8sexec.cli.migrate.writing.layout import lay_out
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit
    from airflow_provider_k8sexec.cli.migrate.migration import Migration
    from airflow_provider_k8sexec.cli.migrate.old_airflow.find_old import OldAirflow

_MADE = "rewritten to what it was meant to be"


@define
class Fixes:
    """The files with mistakes rewritten.

    Attributes:
        files: The files as they are.
        texts: Their texts, with what was rewritten before.
        new: Their new texts.
        notes: A line for each mistake that is rewritten.
        findings: The files that are left as they are.
    """

    files: dict[str, FileBytes] = field(factory=dict)
    texts: dict[str, str] = field(factory=dict)
    new: dict[str, str] = field(factory=dict)
    notes: dict[str, list[str]] = field(factory=dict)
    findings: list[Finding] = field(factory=list)

    @classmethod
    def of(cls, migration: Migration, own_secret: str | None) -> Fixes:
        """Rewrite the mistakes of files, on top of what was rewritten before."""
        fixes = cls()
        project = Project(migration.readings.project.roots, migration.texts)
        wrong = {file for file, reading in migration.readings.mistakes.items() if reading.edits}
        template = load_context().template
        for file in sorted(wrong | find_old_files(migration)):
            source = project.load(Path(file))
            edits = read_mistakes(source, project, own_secret, template).edits if source else ()
            fixes._rewrite(file, migration.texts.get(file), edits, migration.readings.find_needed(file))
        fixes.new = lay_out(fixes.texts, fixes.new)
        fixes._leave_broken(migration)
        return fixes

    def count_mistakes(self, files: Iterable[str]) -> int:
        """Count what was rewritten in files, or can be."""
        return sum(len(self.notes.get(file, ())) for file in {*files})

    def _rewrite(self, file: str, text: str | None, edits: Sequence[Edit], needed: frozenset[str]) -> None:
        as_it_is = FileBytes.read(file)
        before = as_it_is.text if text is None else text
        old = find_old(file, before)
        notes = [(edit.span.line, edit.mistake) for edit in edits if isinstance(edit, ConfigEdit)]
        notes += [(repair.span.line, repair.reason) for repair in old.repairs]
        try:
            new = write_edits(before, edits, needed)
            # What is of old Airflow is found anew: lines have moved.
            new = find_old(file, new).apply(new) if old.repairs else new
            as_it_is.encode(new)
        except (ValueError, TypeError) as error:
            self.findings.append(Finding(file, 0, f"its mistakes are not rewritten: {error}"))
            return
        if new != before:
            self.files[file], self.texts[file], self.new[file] = as_it_is, before, new
            self.notes[file] = [
                f"k8sexec: {shorten(file)}:{line}: {reason.rstrip('.')}; {_MADE}"
                for line, reason in sorted(notes)
            ]

    def _leave_broken(self, migration: Migration) -> None:
        """Leave a file as it is whose DAGs would be lost."""
        if not self.new:
            return
        concerned = migration.readings.concerned
        dag_files = {dag for file in self.new for dag in concerned.get(file, migration.named(file))}
        after = reload(migration.before, {**migration.texts, **self.new}, sorted(dag_files))
        errors = after.selection.import_errors.keys() - migration.before.selection.import_errors.keys()
        for file in [*self.new]:
            if errors.intersection(concerned.get(file, migration.named(file))):
                self.new.pop(file)
                self.findings.append(
                    Finding(file, 0, "its mistakes are not rewritten: it could no longer be loaded")
                )


def find_old_files(migration: Migration) -> set[str]:
    """Find the files that have what today's Airflow has not, and that can be rewritten."""
    return {file for file, old in _find_old(migration) if old.repairs}


def report_old(migration: Migration, *, is_fixed: bool) -> Iterator[Finding]:
    """Report what today's Airflow has not: what is left, and what ``--fix`` would rewrite."""
    for file, old in _find_old(migration):
        for finding in old.findings:
            yield Finding(file, finding.line, finding.reason)
        for repair in () if is_fixed else old.repairs:
            yield Finding(file, repair.span.line, repair.reason, "--fix rewrites it")


def _find_old(migration: Migration) -> Iterator[tuple[str, OldAirflow]]:
    files = {str(Path(file).resolve()) for file in migration.before.selection.files}
    for file in sorted(files | {*migration.readings.files}):
        source = migration.readings.project.load(Path(file))
        if source:
            yield file, find_old(file, source.text, source.tree)
