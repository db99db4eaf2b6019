"""Which lines of two texts are the same, in a time that grows with their length alone.

:mod:`difflib` compares each line with all that are like it: a file of 250 tasks, with most lines alike,
takes it 2.5 s, and one of 500 tasks 32 s (*measured*). Here, lines that each text has once divide both first;
then these take 0.01 and 0.02 s.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import Match, SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Pair = tuple[int, int]


class LineMatcher(SequenceMatcher[str]):
    """Finds which lines are the same in two texts."""

    def __init__(self, before: Sequence[str], after: Sequence[str]) -> None:
        """Take the lines of both texts."""
        super().__init__(None, before, after)
        self._before, self._after = before, after

    def get_matching_blocks(self) -> list[Match]:
        """Find the lines between each two that both texts have once, and join what is next to one another."""
        before, after = self._before, self._after
        blocks = []
        start, other_start = 0, 0
        for end, other_end in [*_find_anchors(before, after), (len(before), len(after))]:
            part = SequenceMatcher(None, before[start:end], after[other_start:other_end], autojunk=False)
            found = part.get_matching_blocks()
            blocks += [(start + a, other_start + b, size) for a, b, size in found if size]
            blocks.append((end, other_end, 1 if end < len(before) else 0))
            start, other_start = end + 1, other_end + 1
        return [Match(*block) for block in _join_adjacent(blocks)]


def _find_anchors(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Find lines that each text has once: the longest series of them that is in the same order in both."""
    counts, other_counts = Counter(before), Counter(after)
    places = {line: place for place, line in enumerate(after)}
    ends: list[int] = []
    chains: list[tuple[Pair, int]] = []  # a pair, and the chain to which it was added
    best: list[int] = []
    for place, line in enumerate(before):
        if counts[line] != 1 or other_counts[line] != 1:
            continue
        length = bisect_left(ends, places[line])
        ends[length : length + 1] = [places[line]]
        best[length : length + 1] = [len(chains)]
        chains.append(((place, places[line]), best[length - 1] if length else -1))
    found = []
    number = best[-1] if best else -1
    while number >= 0:
        pair, number = chains[number]
        found.append(pair)
    return found[::-1]


def _join_adjacent(blocks: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Join the blocks of which one begins where another ends; the last one stays, as it ends both texts."""
    start, other_start, size = 0, 0, 0
    for place, other_place, length in blocks:
        if length and (start + size, other_start + size) == (place, other_place):
            size += length
            continue
        if size:
            yield start, other_start, size
        start, other_start, size = place, other_place, length
    yield start, other_start, size
