"""Which findings are reported: by their codes, and by what the comments on their lines silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define, field

from airflow_provider_k8sexec.cli.lint.report import IMPORT_ERROR, NOTE, Report
from airflow_provider_k8sexec.cli.output import shorten
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problem_codes import CODES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.cli.lint.sources import Comment, Sources

_BAD_COMMENT = "K8S808"
_UNSEEN = (IMPORT_ERROR, "K8S802")
"""That a file, or what was named, could not be looked at: it may have any of the selected findings."""


@define
class Choice:
    """The codes, or beginnings of codes, whose findings are reported.

    Attributes:
        selected: Those that are reported; all where it is empty.
        ignored: Those of them that are not.
        sources: Reads the files.
    """

    selected: tuple[str, ...]
    ignored: tuple[str, ...]
    sources: Sources
    _used: set[tuple[str, int, str]] = field(factory=set, init=False)

    def choose(self, reports: Iterable[Report]) -> list[Report]:
        """Give the findings that are reported."""
        return [report for report in reports if not self._is_silenced(report) and self._has(report.code)]

    def explain_comments(self, files: Iterable[str]) -> list[Report]:
        """Report the comments that silence nothing in files, once the findings have been chosen."""
        return [
            Report(shorten(file), comment.line, "", NOTE, _BAD_COMMENT, problem)
            for file in files
            for comment in self.sources.of(shorten(file)).comments
            for problem in self._explain(shorten(file), comment)
            if self._has(_BAD_COMMENT)
        ]

    def _explain(self, file: str, comment: Comment) -> Iterator[str]:
        if not comment.codes:
            yield "# k8sexec: ignore names no code, and silences nothing; write # k8sexec: ignore[K8S401]."
        yield from check_codes("# k8sexec: ignore", comment.codes)
        for code in comment.codes:
            is_used = (file, comment.line, code) in self._used
            if not is_used and _is_known(code) and self._has(code):
                yield f"# k8sexec: ignore {code}: the call on this line has no such finding; remove it."

    def _has(self, code: str) -> bool:
        """Report whether findings of a code, or of some that begin so, are reported."""
        is_selected = any(code.startswith(item) or item.startswith(code) for item in self.selected)
        is_selected = is_selected or not self.selected or code in _UNSEEN
        return is_selected and not code.startswith(self.ignored)

    def _is_silenced(self, report: Report) -> bool:
        """Report whether ``# k8sexec: ignore[K8S401, K8S6]`` is on any line of the call with a finding."""
        if not report.line:
            return False
        source = self.sources.of(report.file)
        first, last = source.find_span(report.line) if source.comments else (0, -1)
        codes = [
            (report.file, comment.line, code)
            for comment in source.comments
            if first <= comment.line <= last
            for code in comment.codes
            if report.code.startswith(code)
        ]
        self._used.update(codes)
        return bool(codes)


def check_codes(where: str, codes: tuple[str, ...]) -> Iterator[str]:
    """Explain the codes that are none, nor the beginning of one."""
    for code in codes:
        if not _is_known(code):
            nearest = find_nearest(code, [*CODES, *FAMILIES], cutoff=0.65)
            families = ", ".join(f"{family} ({about})" for family, about in FAMILIES.items())
            remedy = f"write {nearest}" if nearest else f"codes begin with {families}"
            yield f"{where} {code}: there is no such code; {remedy}."


def _is_known(code: str) -> bool:
    return any(known.startswith(code) for known in CODES)
