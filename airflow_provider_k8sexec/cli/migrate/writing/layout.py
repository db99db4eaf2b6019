"""New sources as the project's formatter has them, where it had the old ones so.

Ruff works on copies in a folder of its own: nothing is written into the project.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.cli.migrate.writing.fitting import fit_lines
from airflow_provider_k8sexec.cli.migrate.writing.formatter import find_formatter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.writing.formatter import Formatter

_FORMAT = ("format", "--no-cache", "--quiet")
_SORT_IMPORTS = ("check", "--no-cache", "--quiet", "--select=I", "--fixable=I", "--fix")

_MOST_FILES = 200
"""How many files one process gets: a command line has a greatest length."""

_CANARY = "import b, a\n"
"""A source that ruff changes: where it stays as it is, ruff did not work."""


class _Sources(NamedTuple):
    """The sources of a file.

    Attributes:
        before: The old one.
        after: The new one.
    """

    before: str
    after: str


def lay_out(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str]:
    """Lay out new sources: as a whole where the formatter would not have changed the old ones.

    Of other files, only what is new is divided into lines that are not too long. Imports are sorted where
    they were.

    Args:
        before: The old source of each file, by its path.
        after: The new source of each of them.
    """
    laid_out = dict(after)
    for formatter, files in _by_formatter([path for path in after if after[path] != before[path]]):
        sources = [_Sources(before[path], after[path]) for path in files]
        laid_out |= dict(zip(files, _lay_out_all(formatter, sources), strict=True))
    return laid_out


def _by_formatter(paths: Sequence[str]) -> Iterator[tuple[Formatter, list[str]]]:
    """Give the files that are formatted in the same way, as many as one process gets."""
    folders = {Path(path).resolve().parent for path in paths}
    formatters = {folder: find_formatter(folder) for folder in folders}
    groups: dict[Formatter, list[str]] = {}
    for path in paths:
        groups.setdefault(formatters[Path(path).resolve().parent], []).append(path)
    for formatter, files in groups.items():
        for start in range(0, len(files), _MOST_FILES):
            yield formatter, files[start : start + _MOST_FILES]


def _lay_out_all(formatter: Formatter, sources: Sequence[_Sources]) -> list[str]:
    before = [source.before for source in sources]
    after = [source.after for source in sources]
    *by_name, canary = _run(_SORT_IMPORTS, formatter, [*before, *after, _CANARY])
    if canary == _CANARY:
        # Its configuration is for another version of ruff.
        formatter = formatter.without_config()
        by_name = _run(_SORT_IMPORTS, formatter, [*before, *after])
    after = [made if was == old else new for old, new, was, made in _zip_runs(before, after, by_name)]
    formatted = _run(_FORMAT, formatter, [*before, *after])
    return [
        made if was == old else fit_lines(old, new, formatter.line_length)
        for old, new, was, made in _zip_runs(before, after, formatted)
    ]


def _zip_runs(before: list[str], after: list[str], made: list[str]) -> Iterator[tuple[str, str, str, str]]:
    """Give the old and the new source of each file, and what ruff has made of them."""
    return zip(before, after, made[: len(before)], made[len(before) :], strict=True)


def _run(command: Sequence[str], formatter: Formatter, sources: Sequence[str]) -> list[str]:
    """Run ruff on copies of sources; those that it cannot read stay as they are."""
    from ruff.__main__ import find_ruff_bin  # type: ignore[import-untyped]  # of the extra, without types

    with tempfile.TemporaryDirectory(prefix="migrate-") as folder:
        files = [Path(folder, f"{number}.py") for number in range(len(sources))]
        for file, source in zip(files, sources, strict=True):
            file.write_bytes(source.encode())
        subprocess.run(  # noqa: S603  # ruff, on files of ours
            [find_ruff_bin(), *command, *formatter.arguments, "--", *map(str, files)],
            cwd=formatter.folder or folder,
            check=False,
            capture_output=True,
        )
        return [file.read_bytes().decode() for file in files]
