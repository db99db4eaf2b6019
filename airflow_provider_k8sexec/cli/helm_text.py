"""A pod template in Helm's language, as far as it is YAML without Helm.

Each action, ``{{ ... }}``, is hidden behind as many other characters; what is left is read as YAML, and shows
where in the text each thing is. Source: https://helm.sh/docs/chart_template_guide/
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import yaml

from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.bounds import DEEPEST, TOO_DEEP
from airflow_provider_k8sexec.site.located_yaml import (
    Document,
    compose_yaml,
    construct_yaml,
    find_repeats,
)
from airflow_provider_k8sexec.site.syntax_errors import describe_yaml_error, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMENT = re.compile(r"\{\{(?:-\s)?/\*")
_END_OF_COMMENT = re.compile(r"\*/(?:\s-)?\}\}")
_PIECE = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|`[^`]*`|\'(?:[^\'\\\n]|\\.)+\'|[^"`\'}]+|\}', re.DOTALL)
"""A part of an action: a string, a character, or anything else up to the next of those."""
_KEYWORD = re.compile(r"\{\{-?\s*(?P<word>\w+)")
_BLOCKS = {"if", "with", "range", "define", "block"}
_HIDDEN = "\ue000"
"""A character for private use: no base has it."""

_LONGEST_KEY = 100
_MOST_REPEATS = 20
_Change = tuple[int, tuple[int, ...]]
"""An offset in a text, and the branches of Helm's blocks that hold from there, each as where it begins."""


def has_actions(text: str) -> bool:
    """Report whether a text is in Helm's language."""
    try:
        return next(_find_actions(text), None) is not None
    except K8sExecError:  # as in the value of a variable that begins a brace
        return False


def is_known(name: object) -> bool:
    """Report whether what is read around actions is there in every rendering."""
    return _HIDDEN not in str(name)


def check_blocks(text: str) -> None:
    """Find where Helm could not render a base that is to be named by a ``define``.

    Raises:
        K8sExecError: A block has no beginning or no end, or is itself a ``define``.
    """
    for start, branches in _conditions(text):
        keyword = _KEYWORD.match(text, start)
        if branches and keyword and keyword["word"] == "define":
            reason = "a base cannot define a named template; define it in a template of the chart"
            raise K8sExecError(f"line {_line_of(text, start)}: {reason}.")


def read_around_actions(text: str) -> Any:
    """Read what a template has outside of Helm's actions.

    Raises:
        K8sExecError: It is not YAML, or has a key twice.
    """
    return read_document(text).content


def read_document(text: str) -> Document:
    """Read what a template has outside of Helm's actions, with the line of each thing.

    Raises:
        K8sExecError: It is not YAML, or has a key twice.
    """
    is_helms = has_actions(text)
    conditions = list(_conditions(text)) if is_helms else []
    visible = _hide_actions(text) if is_helms else text
    try:
        root = compose_yaml(visible)
        repeats = list_repeats(root, conditions)
        content = construct_yaml(root)
    except yaml.YAMLError as error:
        wrong = describe_yaml_error(error, visible)
        raise K8sExecError(f"{wrong.position or 'line 1'}: {wrong.describe()}; {wrong.remedy}.") from None
    if repeats:
        raise K8sExecError("\n".join(repeats))
    return Document("", content, root)


def list_repeats(root: yaml.Node | None, conditions: list[_Change]) -> list[str]:
    """List keys that are defined twice; Helm keeps one of those in two branches of a condition."""
    repeats = (
        f"{position_of(second.start_mark)}: {second.value[:_LONGEST_KEY]} is defined twice; remove one."
        for first, second in find_repeats(root)
        if is_known(second.value)
        and _condition_at(conditions, first.start_mark.index)
        == _condition_at(conditions, second.start_mark.index)
    )
    return [*islice(repeats, _MOST_REPEATS)]


def _condition_at(changes: list[_Change], offset: int) -> tuple[int, ...]:
    """Give the branches of Helm's blocks that an offset in the text is in."""
    index = bisect_right(changes, offset, key=itemgetter(0))
    return changes[index - 1][1] if index else ()


def _conditions(text: str) -> Iterator[_Change]:
    """Give the offsets where Helm's blocks begin, branch or end, with the branches that hold from there."""
    branches: list[int] = []
    for start, end in _find_actions(text):
        keyword = _KEYWORD.match(text, start, end)
        word = keyword["word"] if keyword else ""
        if word not in {*_BLOCKS, "else", "end"}:
            continue
        if word not in _BLOCKS and not branches:
            raise K8sExecError(f"line {_line_of(text, start)}: {text[start:end]} ends what has not begun.")
        if word not in _BLOCKS:
            branches.pop()
        if word != "end":
            branches.append(start)
        if len(branches) > DEEPEST:
            raise K8sExecError(f"line {_line_of(text, start)}: what Helm begins there {TOO_DEEP}.")
        yield start, tuple(branches)
    if branches:
        raise K8sExecError(f"line {_line_of(text, branches[-1])}: what Helm begins there has no end.")


def _find_actions(text: str) -> Iterator[tuple[int, int]]:
    """Give where each action begins and ends, in one pass over the text.

    Raises:
        K8sExecError: One has no end.
    """
    start = text.find("{{")
    while start >= 0:
        comment = _COMMENT.match(text, start)
        end = _find_end_of_comment(text, comment) if comment else _find_end(text, start)
        if not end:
            raise K8sExecError(f"line {_line_of(text, start)}: what Helm begins there has no end.")
        yield start, end
        start = text.find("{{", end)


def _find_end(text: str, start: int) -> int:
    """Find where an action ends, or give 0; what looks like its end in a string is text."""
    position = start + 2
    while not text.startswith("}}", position):
        piece = _PIECE.match(text, position)
        if piece is None:
            return 0
        position = piece.end()
    return position + 2


def _find_end_of_comment(text: str, comment: re.Match[str]) -> int:
    end = _END_OF_COMMENT.match(text, max(text.find("*/", comment.end()), 0))
    return end.end() if end else 0


def _line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _hide_actions(text: str) -> str:
    """Put other characters in place of actions: blanks for whole lines, letters inside of a line."""
    pieces, position = [], 0
    for start, end in _find_actions(text):
        pieces += [text[position:start], re.sub(r"[^\n]", "\0", text[start:end])]
        position = end
    hidden = "".join([*pieces, text[position:]])
    return "\n".join(
        line.replace("\0", _HIDDEN) if line.strip(" \t\r\0") else " " * len(line)
        for line in hidden.split("\n")
    )
