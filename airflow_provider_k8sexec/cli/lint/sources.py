"""What lint reads of the source of DAG files: which lines one call has, and what comments silence on them."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.site_policy.dag_source import (
    FUNCTIONS,
    first_line_of,
    parse_source,
    read_source,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"#\s*k8sexec:\s*ignore\b(?:\[(?P<codes>[^\]]*)\])?")
_MARK = "k8sexec:"


class Comment(NamedTuple):
    """A comment that silences findings.

    Attributes:
        line: Its line.
        codes: The codes, or their beginnings, that it silences.
    """

    line: int
    codes: tuple[str, ...]


class Span(NamedTuple):
    """The lines of a call, or of a function's decorators and signature.

    Attributes:
        first: The first of them.
        last: The last of them.
    """

    first: int
    last: int


class Source:
    """The source of one file.

    Args:
        file: The path.
    """

    def __init__(self, file: str) -> None:
        self._file = file

    def find_span(self, line: int) -> Span:
        """Find the lines that belong to one: those of the call that begins there, or is around it."""
        beginning = [span for span in self._spans if span.first == line]
        if beginning:
            return max(beginning)
        around = [span for span in self._spans if span.first <= line <= span.last]
        return min(around, key=lambda span: span.last - span.first, default=Span(line, line))

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """The comments that silence findings, in the order of the file."""
        try:
            text = read_source(self._file)
            return tuple(_find_comments(text)) if _MARK in text else ()
        except (OSError, ValueError, SyntaxError, tokenize.TokenError):
            return ()

    @cached_property
    def _spans(self) -> tuple[Span, ...]:
        tree = parse_source(self._file)
        return tuple(_find_spans(tree)) if tree else ()


class Sources:
    """The sources of files, each read once."""

    def __init__(self) -> None:
        self._read: dict[str, Source] = {}

    def of(self, file: str) -> Source:
        """Give the source of a file; one that cannot be read has no spans and no comments."""
        return self._read.setdefault(file, Source(file))


def split_codes(text: str) -> tuple[str, ...]:
    """Read codes that commas divide."""
    return tuple(code.strip() for code in text.split(",") if code.strip())


def _find_comments(text: str) -> Iterator[Comment]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        match = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if match:
            yield Comment(token.start[0], split_codes(match["codes"] or ""))


def _find_spans(tree: ast.Module) -> Iterator[Span]:
    nodes = [*ast.walk(tree)]
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    decorators = {id(decorator) for function in functions for decorator in function.decorator_list}
    for node in nodes:  # a decorator belongs to its function
        if isinstance(node, ast.Call) and id(node) not in decorators:
            yield Span(node.lineno, node.end_lineno or node.lineno)
    for function in functions:
        yield Span(first_line_of(function), max(function.lineno, function.body[0].lineno - 1))
