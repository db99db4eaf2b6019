"""Rewrites of a source by the text of its parts: each expression that is replaced, by what, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.edits import Refusal, Span
from airflow_provider_k8sexec.site_policy.old_airflow import Names

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

_ALIASES = ("k8s", "k8s_models")


@frozen
class Repair:
    """A part of a file that does not work today, and what was meant: it changes what the file does.

    Attributes:
        span: The expression, or the statement.
        text: What it becomes.
        reason: What it does today. A whole sentence.
    """

    span: Span
    text: str
    reason: str


class Repairs:
    """What is found in one source: the inner parts first, so that outer ones take them along.

    Attributes:
        names: What its names stand for.
        tree: The source, parsed.
        findings: What is left as it is.
        kept: What it imports that is left as it is.
        uses_models: Whether what is written needs Kubernetes's models.
        newline: What ends its lines.
    """

    def __init__(self, source: str, tree: ast.Module) -> None:
        self.names = Names(tree)
        self.tree = tree
        self.findings: list[Refusal] = []
        self.uses_models = False
        self.kept: set[str] = set()
        self.newline = "\r\n" if "\r\n" in source else "\n"
        self._text = source.encode()
        self._starts = _find_lines(self._text)
        self._made: list[Repair] = []

    @property
    def made(self) -> tuple[Repair, ...]:
        """The repairs, in the order of the file."""
        return tuple(sorted(self._made, key=lambda repair: repair.span))

    def models(self) -> str:
        """Give the name of the module of Kubernetes's models, which is imported if the file does not."""
        self.uses_models = True
        free = next(alias for alias in _ALIASES if alias not in self.names.bound or alias == _ALIASES[-1])
        return self.names.find_models() or free

    def text_of(self, node: ast.AST) -> str:
        """Give the text of an expression, with what was repaired in it."""
        span = Span.of(node)
        inner = [repair for repair in self._made if span.encloses(repair.span)]
        return _replace(self._text, self._starts, inner, span)

    def add(self, span: Span, text: str, reason: str) -> None:
        """Replace a part; what was repaired in it is in the text that replaces it."""
        inner = [repair for repair in self.made if span.encloses(repair.span)]
        self._made = [repair for repair in self._made if repair not in inner]
        reasons = dict.fromkeys([*(repair.reason for repair in inner), reason])
        self._made.append(Repair(span, text, " ".join(reasons)))

    def is_alone(self, span: Span) -> bool:
        """Report whether nothing else stands on the lines of a statement, and a line follows."""
        if span.end_line >= len(self._starts):
            return False
        begin, end = self._starts[span.line - 1], self._starts[span.end_line]
        before = self._text[begin : begin + span.column]
        after = self._text[self._starts[span.end_line - 1] + span.end_column : end].strip()
        return not before.strip() and (not after or after.startswith(b"#"))

    def refuse(self, node: ast.AST, reason: str) -> None:
        """Leave a part as it is, and report it."""
        self.findings.append(Refusal(Span.of(node).line, reason))


def apply_repairs(source: str, repairs: Sequence[Repair]) -> str:
    """Give a source with repairs made, which do not overlap."""
    text = source.encode()
    starts = _find_lines(text)
    last = len(starts)
    return _replace(text, starts, repairs, Span(1, 0, last, len(text) - starts[-1]))


def _find_lines(text: bytes) -> list[int]:
    """Find where lines begin, as Python's tokenizer counts them: a form feed ends none."""
    starts = [0]
    for line in text.split(b"\n")[:-1]:
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _replace(text: bytes, starts: list[int], repairs: Sequence[Repair], span: Span) -> str:
    at = starts[span.line - 1] + span.column
    parts = []
    for repair in sorted(repairs, key=lambda repair: repair.span):
        parts += [text[at : starts[repair.span.line - 1] + repair.span.column], repair.text.encode()]
        at = starts[repair.span.end_line - 1] + repair.span.end_column
    return b"".join([*parts, text[at : starts[span.end_line - 1] + span.end_column]]).decode()
