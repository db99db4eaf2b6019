"""Draws rooms in rows, a row for each layer, with an arrow for each import that is shown."""

from __future__ import annotations

from html import escape
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

WIDTH = 1100
ROW = 92
_NODE = 32
_LETTER = 8.4
_GAP = 24
_SWEEPS = 8
_COLOURS = {
    "process": ("#ffffff", "#555555"),
    "door": ("#fff3d6", "#b58a2b"),
    "room": ("#dcebfa", "#3f78b5"),
    "stage": ("#e0f2df", "#4b8f47"),
    "other": ("#eeeeee", "#777777"),
}

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14"
  text-anchor="middle">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
  markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" fill="#555"/></marker></defs>"""


class Node(NamedTuple):
    """A room or a process, by the middle of its upper side."""

    name: str
    kind: str
    x: float
    y: float

    @property
    def width(self) -> float:
        """As wide as its name."""
        return len(self.name) * _LETTER + _GAP


def draw(rows: Sequence[Sequence[str]], kinds: Mapping[str, str], arrows: Mapping[str, Iterable[str]]) -> str:
    """Draw the picture, as SVG.

    Args:
        rows: The names of each row, the uppermost first.
        kinds: What each name is: one of ``_COLOURS``.
        arrows: Where arrows lead from each name; those of a process are thick.
    """
    ways = [(name, other) for name in chain(*rows) for other in sorted(arrows.get(name, ()))]
    nodes = _place(rows, kinds, ways)
    height = len(rows) * ROW - ROW + _NODE + 2 * _GAP
    lines = [_draw_arrow(nodes[name], nodes[other]) for name, other in ways]
    frame = f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#fff"/>'
    head = _HEAD.format(width=WIDTH, height=height)
    return "\n".join([head, frame, *lines, *map(_draw_node, nodes.values()), "</svg>\n"])


def _place(
    rows: Sequence[Sequence[str]], kinds: Mapping[str, str], ways: Iterable[tuple[str, str]]
) -> dict[str, Node]:
    """Place each name near the middle of those with which arrows join it, so that few arrows cross."""
    joined: dict[str, list[str]] = {name: [] for name in chain(*rows)}
    for name, other in ways:
        joined[name].append(other)
        joined[other].append(name)
    nodes = {name: Node(name, kinds[name], WIDTH / 2, 0) for name in joined}
    for _ in range(_SWEEPS):
        for number, row in enumerate(rows):
            wanted = {
                name: sum(nodes[other].x for other in joined[name]) / max(len(joined[name]), 1)
                for name in row
            }
            placed = [
                nodes[name]._replace(x=wanted[name], y=number * ROW + _GAP)
                for name in sorted(row, key=lambda name: (wanted[name], name))
            ]
            nodes.update((node.name, node) for node in _spread(placed))
    return nodes


def _spread(row: Sequence[Node]) -> Iterator[Node]:
    """Give each node of a row its room: at even distances over the whole width."""
    free = (WIDTH - sum(node.width for node in row)) / (len(row) + 1)
    edge = 0.0
    for node in row:
        yield node._replace(x=edge + free + node.width / 2)
        edge += free + node.width


def _draw_arrow(start: Node, end: Node) -> str:
    top, bottom = start.y + _NODE, end.y - 1
    bend = max((bottom - top) / 2, 20)
    width = 2.5 if start.kind == "process" else 1.2
    return (
        f'<path d="M{start.x:.0f} {top:.0f}C{start.x:.0f} {top + bend:.0f} {end.x:.0f} {bottom - bend:.0f} '
        f'{end.x:.0f} {bottom:.0f}" fill="none" stroke="#777" stroke-width="{width}" marker-end="url(#tip)"/>'
    )


def _draw_node(node: Node) -> str:
    fill, stroke = _COLOURS[node.kind]
    corner = _NODE / 2 if node.kind == "process" else 5
    return (
        f'<rect x="{node.x - node.width / 2:.0f}" y="{node.y:.0f}" width="{node.width:.0f}" height="{_NODE}" '
        f'rx="{corner:g}" fill="{fill}" stroke="{stroke}"/>'
        f'<text x="{node.x:.0f}" y="{node.y + 21:.0f}" fill="#222">{escape(node.name)}</text>'
    )
