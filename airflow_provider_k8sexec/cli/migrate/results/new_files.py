"""The files as they would be: printed as a diff, or written."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, BinaryIO

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.results.diff import write_diff
from airflow_provider_k8sexec.cli.migrate.results.replace_files import (
    ended_by_signals,
    explain_unwritable,
    replace_file,
)
from airflow_provider_k8sexec.cli.output import result_stdout, to_terminal
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_k8sexec.cli.migrate.file_bytes import FileBytes


@frozen
class NewFile:
    """A file with its new text.

    Attributes:
        file: The file as it is.
        before: What the diff begins with: its text, or that after an earlier diff.
        after: Its new text.
        notes: The lines that the diff has before its header.
    """

    file: FileBytes
    before: str
    after: str
    notes: tuple[str, ...] = ()


def print_diffs(files: Iterable[NewFile]) -> None:
    """Print the diffs of files to standard output, each in the encoding of its file."""
    with result_stdout():
        for new in files:
            before, after = (new.file.mark + text for text in (new.before, new.after))
            diff = write_diff(new.file.path, before, after, new.notes)
            binary: BinaryIO | None = getattr(sys.stdout, "buffer", None)
            if binary is None or sys.stdout.isatty():
                print(to_terminal(diff.replace("\r\n", "\n")), end="")
            else:
                sys.stdout.flush()
                binary.write(_encode_diff(diff, new.file))
                binary.flush()


def _encode_diff(diff: str, file: FileBytes) -> bytes:
    """Give a diff as bytes: the lines of the file in its encoding, what is above them as git names files."""
    above, mark, lines = diff.partition("\n@@")
    encoding = "utf-8" if file.mark else file.encoding
    return above.encode("utf-8", "surrogateescape") + (mark + lines).encode(encoding)


def write_files(together: Iterable[Sequence[NewFile]]) -> tuple[list[NewFile], list[str]]:
    """Write files.

    Args:
        together: Files of which each is right only with the others: all or none of them are written. A file
            may be there twice; its last text is written.

    Returns:
        The files that were written, and a sentence for each that could not be.
    """
    written: list[NewFile] = []
    problems: list[str] = []
    with ended_by_signals():
        for files in together:
            last = {new.file.path: new for new in files}
            reasons = [explain_unwritable(file) for file in last]
            if any(reasons):
                problems += filter(None, reasons)
                continue
            failed = {file: _write(new) for file, new in last.items()}
            problems += filter(None, failed.values())
            written += [new for new in files if not failed[new.file.path]]
    return written, problems


def _write(new: NewFile) -> str:
    """Write a file; give a sentence where that fails."""
    try:
        replace_file(new.file.path, new.file.data, new.file.encode(new.after))
    except K8sExecError as error:
        return str(error)
    return ""
