"""Which findings are reported: by their codes, and by what stands on their lines."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problem_codes import CODES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.cli.lint.report import Report

_COMMENT = re.compile(r"#\s*k8sexec:\s*ignore\[(?P<codes>[^\]]*)\]")


@define
class Choice:
    """The codes, or beginnings of codes, whose findings are reported.

    Attributes:
        selected: Those that are reported; all where it is empty.
        ignored: Those of them that are not.
    """

    selected: tuple[str, ...]
    ignored: tuple[str, ...]
    _lines: dict[str, list[str]] = field(factory=dict, init=False)

    def keeps(self, report: Report) -> bool:
        """Report whether a finding is to be reported."""
        is_selected = not self.selected or report.code.startswith(self.selected)
        ignored = (*self.ignored, *self._ignored_at(report.file, report.line))
        return is_selected and not report.code.startswith(ignored)

    def _ignored_at(self, file: str, line: int) -> tuple[str, ...]:
        """Read ``# k8sexec: ignore[K8S401, K8S6]`` on a line of a DAG file."""
        if file not in self._lines:
            self._lines[file] = _read_lines(file)
        lines = self._lines[file]
        match = _COMMENT.search(lines[line - 1]) if 0 < line <= len(lines) else None
        return split_codes(match["codes"]) if match else ()


def check_codes(flag: str, codes: tuple[str, ...]) -> Iterator[str]:
    """Explain the codes that are none, nor the beginning of one."""
    for code in codes:
        if not any(known.startswith(code) for known in CODES):
            nearest = find_nearest(code, [*CODES, *FAMILIES], cutoff=0.65)
            families = ", ".join(f"{family} ({about})" for family, about in FAMILIES.items())
            remedy = f"write {nearest}" if nearest else f"codes begin with {families}"
            yield f"{flag} {code}: there is no such code; {remedy}."


def _read_lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return []


def split_codes(text: str) -> tuple[str, ...]:
    """Read codes that commas divide."""
    return tuple(code.strip() for code in text.split(",") if code.strip())
