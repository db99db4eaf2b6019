"""How a project has its files formatted: by ruff, by black, or not at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT_LENGTH = 88
"""The greatest length of a line that black and ruff have by default."""

_LENGTH = re.compile(r"^\s*line-length\s*=\s*(\d+)", re.MULTILINE)
_TABLE = r"^\s*\[\s*tool\s*\.\s*{}\b[^\n]*\n((?:(?!^\s*\[)[^\n]*\n?)*)"
_RUFF = re.compile(_TABLE.format("ruff"), re.MULTILINE)
_BLACK = re.compile(_TABLE.format("black"), re.MULTILINE)
_SWITCHES = (
    (re.compile(r"^\s*skip-string-normalization\s*=\s*true", re.MULTILINE), 'format.quote-style="preserve"'),
    (
        re.compile(r"^\s*skip-magic-trailing-comma\s*=\s*true", re.MULTILINE),
        "format.skip-magic-trailing-comma=true",
    ),
)


class Formatter(NamedTuple):
    """How files are formatted.

    Attributes:
        folder: The folder of the configuration, in which the project's own modules are found.
        arguments: The arguments of ruff that say so.
        line_length: The greatest length of a line.
    """

    folder: Path | None
    arguments: tuple[str, ...]
    line_length: int = DEFAULT_LENGTH

    def without_config(self) -> Formatter:
        """Format by the length of lines alone: another ruff may refuse the project's configuration."""
        return Formatter(self.folder, _isolated(self.line_length), self.line_length)


def _isolated(line_length: int) -> tuple[str, ...]:
    return "--isolated", "--config", f"line-length={line_length}"


def find_formatter(folder: Path) -> Formatter:
    """Find how files of a folder are formatted.

    Ruff's configuration nearest to it counts; where there is none, black's; else the defaults.

    Args:
        folder: The folder, as a whole path.
    """
    folders = (folder, *folder.parents)
    for place in folders:
        for file, text in _read_configs(place):
            found = _RUFF.search(text) if file.name == "pyproject.toml" else _LENGTH.search(text)
            if found or file.name != "pyproject.toml":
                return Formatter(place, ("--config", str(file)), _length_in(text))
    for place in folders:
        for _, text in _read_configs(place):
            if found := _BLACK.search(text):
                return _like_black(place, found[1])
    return Formatter(None, _isolated(DEFAULT_LENGTH))


def _read_configs(folder: Path) -> Iterator[tuple[Path, str]]:
    for name in (".ruff.toml", "ruff.toml", "pyproject.toml"):
        file = folder / name
        try:
            yield file, file.read_text(encoding="utf-8")
        except (OSError, ValueError):  # no file, or none that any tool can read
            continue


def _length_in(text: str) -> int:
    found = _LENGTH.search(text)
    return int(found[1]) if found else DEFAULT_LENGTH


def _like_black(folder: Path, table: str) -> Formatter:
    line_length = _length_in(table)
    switches = (("--config", setting) for pattern, setting in _SWITCHES if pattern.search(table))
    arguments = (*_isolated(line_length), *(part for switch in switches for part in switch))
    return Formatter(folder, arguments, line_length)
