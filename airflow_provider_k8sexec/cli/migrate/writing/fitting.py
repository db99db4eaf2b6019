"""New code on lines that are not too long, in files that no formatter lays out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.cli.migrate.writing.gaps import Margins
from airflow_provider_k8sexec.cli.migrate.writing.name_uses import PACKAGE, bound_by, write_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

_BRACKETS = (ast.Call, ast.Dict, ast.List, ast.Tuple, ast.Set)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_OFF, _ON, _SKIP = (re.compile(rf"#\s*fmt:\s*{word}\b") for word in ("off", "on", "skip"))
_OPENING, _CLOSING = "([{", ")]}"


class _Bracket(NamedTuple):
    """A bracket that is on one line.

    Attributes:
        line: The line, from 0.
        start: Where the bracket opens, in letters.
        end: Where it has been closed.
    """

    line: int
    start: int
    end: int


def fit_lines(before: str, after: str, line_length: int) -> str:
    """Divide the new lines of a file that are too long, at the brackets of what is new in them.

    Args:
        before: The old source.
        after: The new one.
        line_length: The greatest length of a line.
    """
    lines = _split(after)
    new = _find_new(_split(before), lines) - _find_left_alone(lines)
    step = _step_of(lines)
    while long := {number for number in new if len(lines[number].rstrip("\r\n")) > line_length}:
        outermost: dict[int, _Bracket] = {}
        for bracket in _find_brackets("".join(lines), long):
            outermost.setdefault(bracket.line, bracket)
        if not outermost:
            break
        lines, new = _divide_all(lines, outermost, step)
    return "".join(lines)


def _divide_all(
    lines: Sequence[str], brackets: Mapping[int, _Bracket], step: str
) -> tuple[list[str], set[int]]:
    """Divide a bracket of each of some lines.

    Returns:
        All lines, and the numbers of those that were made: no other line has a bracket to divide.
    """
    divided: list[str] = []
    new: set[int] = set()
    for number, line in enumerate(lines):
        made = _divide(line, brackets[number], step) if number in brackets else [line]
        if number in brackets:
            new.update(range(len(divided), len(divided) + len(made)))
        divided += made
    return divided, new


def _split(source: str) -> list[str]:
    """Split a source into lines as Python does: a form feed ends none."""
    return [line for line in _LINE.findall(source) if line]


def _find_new(before: list[str], after: list[str]) -> set[int]:
    """Find the lines that the old source has nowhere: its author has let no line be as long."""
    known = set(before)
    return {number for number, line in enumerate(after) if line not in known}


def _find_left_alone(lines: list[str]) -> set[int]:
    """Find the lines that their author has kept from formatters."""
    alone: set[int] = set()
    is_off = False
    for number, line in enumerate(lines):
        is_off = (is_off or bool(_OFF.search(line))) and not _ON.search(line)
        if is_off or _SKIP.search(line):
            alone.add(number)
    return alone


def _step_of(lines: list[str]) -> str:
    """Find by how much a file indents."""
    margins = (line[: len(line) - len(line.lstrip())] for line in lines if line.strip())
    return next((margin for margin in margins if margin and not margin.startswith("\t")), "    ")


def _find_brackets(source: str, wanted: Collection[int]) -> Iterator[_Bracket]:
    """Find the brackets of what this package is called with on some lines, the outermost first."""
    tree = ast.parse(source)
    lines = source.encode().splitlines()
    own = {
        bound
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE
        for _, bound in bound_by(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE:
            inside: Iterator[ast.AST] = iter((node,))
        elif isinstance(node, ast.Call) and write_name(node.func).partition(".")[0] in own:
            inside = ast.walk(node)
        else:
            continue
        for part in inside:
            bracket = _read(part, lines)
            if bracket and bracket.line in wanted:
                yield bracket


def _read(node: ast.AST, lines: list[bytes]) -> _Bracket | None:
    """Read where a bracket is; ``None`` of one that is empty, or has several lines already."""
    if not isinstance(node, (*_BRACKETS, ast.ImportFrom)) or node.lineno != node.end_lineno:
        return None
    line = lines[node.lineno - 1]
    start, end = node.col_offset, node.end_col_offset or 0
    if isinstance(node, ast.Call):
        start = line.index(b"(", node.func.end_col_offset or 0)
    elif isinstance(node, ast.ImportFrom):
        start = line.index(b"import", line.index(PACKAGE.encode()) + len(PACKAGE)) + len("import")
    text = line[start:end].decode()
    if not isinstance(node, ast.ImportFrom) and (text[:1] not in _OPENING or not text[1:-1].strip()):
        return None
    first = len(line[:start].decode())
    return _Bracket(node.lineno - 1, first, first + len(text))


def _divide(line: str, bracket: _Bracket, step: str) -> list[str]:
    """Give each item of a bracket a line of its own."""
    head, text, tail = line[: bracket.start], line[bracket.start : bracket.end], line[bracket.end :]
    if text[0] not in _OPENING:  # the names of an import
        head, text = f"{head} ", f"({text.strip()})"
    ending = line[len(line.rstrip("\r\n")) :] or "\n"
    margins = Margins.of(line, step)
    items = [f"{margins.inner}{item},{ending}" for item in _split_items(text)]
    return [f"{head}{text[0]}{ending}", *items, f"{margins.outer}{text[-1]}{tail}"]


def _split_items(text: str) -> list[str]:
    """Split what is in a bracket at its commas."""
    depth, start = 0, 1
    items: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.OP:
            continue
        depth += (token.string in _OPENING) - (token.string in _CLOSING)
        is_end = depth == 0
        if is_end or (depth == 1 and token.string == ","):
            items.append(text[start : token.start[1]].strip())
            start = token.end[1]
        if is_end:
            break
    return [item for item in items if item]
