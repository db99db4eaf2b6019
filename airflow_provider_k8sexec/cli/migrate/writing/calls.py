"""Calls whose arguments are replaced by pod options, with the comments that were at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from airflow_provider_k8sexec.cli.migrate.writing.gaps import (
    NO_GAP,
    SPACE,
    Gap,
    Line,
    Lines,
    ends_with_comma,
    gaps_of,
    join_items,
    join_on_one_line,
    read_lines,
    without_comments,
    without_trailing,
    write_lines,
)

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from airflow_provider_k8sexec.cli.migrate.writing.comments import Placed
    from airflow_provider_k8sexec.cli.migrate.writing.gaps import Margins


def make_call(
    function: cst.BaseExpression, options: Sequence[cst.Arg], placed: Placed, margins: Margins
) -> cst.Call:
    """Make a call with pod options alone: on one line, or with comments on a line for each.

    Args:
        function: What is called.
        options: The options, as arguments.
        placed: Their comments.
        margins: The indentation, with comments.
    """
    if not placed:
        return cst.Call(function, join_on_one_line(options))
    lines = _as_lines(options, placed)
    above_all = () if lines else placed.above_all
    return _explode(cst.Call(function), Lines(tuple(lines), placed.opening, above_all), margins)


def _as_lines(options: Sequence[cst.Arg], placed: Placed) -> list[Line[cst.Arg]]:
    named = [(option, name_of_argument(option)) for option in options]
    lines = [Line(option, placed.above.get(name, ()), placed.beside.get(name, "")) for option, name in named]
    return [line.below(() if place else placed.above_all) for place, line in enumerate(lines)]


def _explode(call: cst.Call, lines: Lines[cst.Arg], margins: Margins) -> cst.Call:
    first, arguments = write_lines(lines, margins)
    return call.with_changes(whitespace_before_args=first, args=arguments)


def name_of_argument(argument: cst.Arg) -> str:
    """Give the name of a keyword argument; nothing of another one."""
    return argument.keyword.value if argument.keyword else ""


def gaps_of_call(call: cst.Call) -> list[Gap]:
    """List the gaps around the arguments of a call."""
    last = call.args[-1].whitespace_after_arg if call.args else NO_GAP
    return gaps_of(call.whitespace_before_args, call.args, last)


def comments_at(call: cst.Call, replaced: Container[str]) -> list[cst.CSTNode]:
    """List what may hold comments of the arguments that are replaced.

    Comments above the first of them stay where they are.
    """
    gaps = gaps_of_call(call)
    found: list[cst.CSTNode] = []
    for place, argument in enumerate(call.args):
        if name_of_argument(argument) in replaced:
            above, beside = gaps[place], gaps[place + 1]
            if found and isinstance(above, cst.ParenthesizedWhitespace):
                found.extend(above.empty_lines)
            found.append(argument.value)
            if isinstance(beside, cst.ParenthesizedWhitespace):
                found.append(beside.first_line)
    return found


def replace_arguments(
    call: cst.Call, replaced: Container[str], options: Sequence[cst.Arg], placed: Placed, margins: Margins
) -> cst.Call:
    """Put pod options in the place of the first of some arguments, and remove these.

    Args:
        call: The call.
        replaced: The names of the arguments that are replaced.
        options: The options, as arguments.
        placed: The comments that were at the arguments.
        margins: The indentation, where a line for each argument is needed.
    """
    removed = [name_of_argument(argument) in replaced for argument in call.args]
    if placed:
        return _replace_in_lines(call, removed, options, placed, margins)
    if all(removed):
        return call.with_changes(args=join_on_one_line(options), whitespace_before_args=NO_GAP)
    return _replace_between(call, removed, options)


def _replace_in_lines(
    call: cst.Call, removed: Sequence[bool], options: Sequence[cst.Arg], placed: Placed, margins: Margins
) -> cst.Call:
    """Give each argument a line of its own."""
    plain = [argument.with_changes(whitespace_after_arg=NO_GAP) for argument in call.args]
    old = read_lines(plain, gaps_of_call(call))
    first = removed.index(True)
    new = _as_lines(options, placed)
    closing = old.closing
    if new:
        new[0] = new[0].below(old.lines[first].above)
    else:
        closing = (*old.lines[first].above, *placed.above_all, *closing)
    after = [
        line for line, is_removed in zip(old.lines[first:], removed[first:], strict=True) if not is_removed
    ]
    return _explode(call, Lines((*old.lines[:first], *new, *after), old.opening, closing), margins)


def _replace_between(call: cst.Call, removed: Sequence[bool], options: Sequence[cst.Arg]) -> cst.Call:
    """Leave all that is between the other arguments as it is."""
    gaps = gaps_of_call(call)
    first = removed.index(True)
    is_exploded = first or isinstance(gaps[0], cst.ParenthesizedWhitespace)
    between = without_comments(gaps[first]) if is_exploded else SPACE
    arguments: list[cst.Arg] = []
    before: list[Gap] = []
    for place, argument in enumerate(call.args):
        if place == first:
            arguments += options
            before += [gaps[place], *(between for _ in options[1:])][: len(options)]
        elif not removed[place]:
            arguments.append(argument)
            # A comment for tools that was beside what is removed goes with it.
            gap = without_trailing(gaps[place]) if removed[max(place - 1, 0)] else gaps[place]
            before.append(gap if before else gaps[0])
    has_comma = ends_with_comma(call.args)
    last = without_trailing(gaps[-1]) if removed[-1] else gaps[-1]
    arguments[-1] = arguments[-1].with_changes(whitespace_after_arg=NO_GAP if has_comma else last)
    joined = join_items(arguments, [*before, last], comma_at_end=has_comma)
    return call.with_changes(args=joined, whitespace_before_args=before[0])
