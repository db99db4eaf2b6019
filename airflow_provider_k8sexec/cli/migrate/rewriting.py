"""Makes edits, lays the new files out, and keeps what was made: the search tries the same ones again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from airflow_provider_k8sexec.cli.migrate.writing.layout import lay_out
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.edits import Edit, Span
    from airflow_provider_k8sexec.cli.migrate.file_bytes import FileBytes


@define
class Rewriting:
    """The texts of files with edits made.

    Attributes:
        files: The files as they are.
        exported: What stays imported in each: other files import it, or its import does something.
    """

    files: Mapping[str, FileBytes]
    exported: Mapping[str, frozenset[str]]
    _written: dict[tuple[str, tuple[Span, ...]], str] = field(factory=dict)

    def write(self, edits: Mapping[str, Sequence[Edit]]) -> tuple[dict[str, str], dict[str, str]]:
        """Make edits.

        Returns:
            The new text of each file; and the reason for each file whose edits cannot be made.
        """
        keys = {file: (file, tuple(edit.span for edit in of_file)) for file, of_file in edits.items()}
        new: dict[str, str] = {}
        failed: dict[str, str] = {}
        for file, of_file in edits.items():
            if keys[file] not in self._written:
                try:
                    new[file] = self._write_one(file, of_file)
                except (ValueError, TypeError) as error:  # the latter of a value that no expression gives
                    failed[file] = str(error)
        laid_out = lay_out({file: self.files[file].text for file in new}, new)
        self._written |= {keys[file]: text for file, text in laid_out.items()}
        return {file: self._written[keys[file]] for file in edits if file not in failed}, failed

    def _write_one(self, file: str, edits: Sequence[Edit]) -> str:
        source = self.files[file]
        text = write_edits(source.text, edits, self.exported.get(file, frozenset()))
        source.encode(text)  # an encoding that lacks a letter is an error here
        return text
