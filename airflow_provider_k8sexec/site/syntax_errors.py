"""What is wrong with a text that is not YAML, or not JSON: where, in the parser's own words, and the remedy.

Every reader of the site's files and settings reports it from here. No value of the text is shown: it may be a
password. A worker reads JSON without the import of a YAML parser, so this module imports none.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from airflow_provider_k8sexec.options.shown import show_syntax_error

_JSON = re.compile(r'\s*\{\s*"')
"""How a text begins that is meant to be JSON; ``{gpu: {gpu: 1}}`` is YAML alone."""

_TAB = "indent with spaces instead of tabs"
_REMEDIES = {
    "tab character": _TAB,
    "any token": "write the value in quotes",
    "scanning an alias": "write the value in quotes",
    "undefined alias": "define its anchor (&name) above it, or write the value in quotes",
    "duplicate anchor": "give each anchor a name of its own",
    "escape character": "write a backslash twice, or use single quotes",
    "quoted scalar": "close the quote",
    "flow sequence": "write a comma between two items, and ] after the last",
    "flow mapping": "write a comma between two entries, and } after the last",
    "mapping values are not allowed": "write a value with a colon in it in quotes",
    "find expected ':'": "write a colon and a space after the key",
    "find expected key": "indent the keys of one mapping alike, and quote a value with quotes in it",
    "'-' indicator": "indent the items of one list alike, each after a dash",
    "another document": "write one document, without ---",
}
"""The remedy for each thing that a YAML parser reports, in words of both parsers of PyYAML."""


class SyntaxProblem(NamedTuple):
    """What is wrong with a text.

    Attributes:
        language: ``YAML`` or ``JSON``.
        position: The line and column, or empty if the parser knows none.
        reason: What the parser reports.
        remedy: What to write instead.
    """

    language: str
    position: str
    reason: str
    remedy: str

    def locate(self, source: str) -> str:
        """Name the position in a file or an option."""
        return f"{source}, {self.position}" if self.position else source

    def describe(self) -> str:
        """Describe it without its position, as the reason of a problem."""
        return f"cannot be read as {self.language}: {self.reason}"

    def describe_in_place(self) -> str:
        """Describe it with its position, as the reason of a problem of the whole file."""
        place = f" in {self.position}" if self.position else ""
        return f"cannot be read as {self.language}{place}: {self.reason}"


def describe_json_error(error: ValueError | RecursionError) -> SyntaxProblem:
    """Describe what Python's parser of JSON reports."""
    if not isinstance(error, json.JSONDecodeError):  # too deep, or a number of thousands of digits
        return SyntaxProblem("JSON", "", show_syntax_error(str(error)), "write less")
    reason = show_syntax_error(error.msg).removesuffix(" at")
    return SyntaxProblem("JSON", f"line {error.lineno}, column {error.colno}", reason, "correct it")


def describe_yaml_error(error: Any, text: str | bytes) -> SyntaxProblem:
    """Describe what PyYAML reports; of a text that is meant to be JSON, what a parser of JSON does.

    Args:
        error: A ``yaml.YAMLError``.
        text: The text.
    """
    shown = text if isinstance(text, str) else text.decode(errors="replace")
    if _JSON.match(shown):
        try:
            json.loads(shown)
        except (ValueError, RecursionError) as json_error:
            return describe_json_error(json_error)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not text in UTF-8"
    context = getattr(error, "context", None) or ""
    begin, mark = getattr(error, "context_mark", None), getattr(error, "problem_mark", None)
    if mark is None:
        position = _find_position(text, getattr(error, "position", None))
        return SyntaxProblem(
            "YAML", position, show_syntax_error(str(reason)), "remove it" if position else "correct it"
        )
    remedy = _find_remedy(f"{context} {reason}", shown[mark.index : mark.index + 1])
    if begin is not None and not shown[mark.index :].strip():  # what is open there has begun before
        mark = begin
    elif begin is not None and begin.index != mark.index:
        context = f"{context} ({position_of(begin)})"
    words = show_syntax_error(f"{context}, {reason}" if context else str(reason))
    return SyntaxProblem("YAML", position_of(mark), words, remedy)


def position_of(mark: Any) -> str:
    """Write the line and column of a mark of PyYAML, as editors count them."""
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _find_position(text: str | bytes, offset: int | None) -> str:
    """Find the line and column of a byte that is no text in YAML."""
    if offset is None:
        return ""
    content = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    before = content[:offset]
    column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
    line = before.count(b"\n") + 1
    return f"line {line}, column {column}"


def _find_remedy(words: str, character: str) -> str:
    if character == "\t":
        return _TAB
    return next((remedy for part, remedy in _REMEDIES.items() if part in words), "correct it")
