"""How much memory the tries of a task should have, from what its past tries needed.

A first allocation, as studied for scientific workflows (Tovar et al., "A job sizing strategy for
high-throughput scientific workflows", https://doi.org/10.1109/TPDS.2017.2762310): the first try has what is
enough for most runs, and only a try that follows an OOM has more. The steps are those that cost the least on
average, where a lost try costs its memory until it was killed, and a price.

1. What counts are the last records that look alike: of a window whose newer half differs from its older half,
   the newer half remains. So a task that grows, or has changed, is sized by what it is now.
2. The chance that a run needs more than an amount is the share of those records. Beyond the largest of them,
   it falls as the largest suggest (a Pareto tail by Hill's estimator), and a surprise is never ruled out.
3. Of all series of steps, the one with the least expected cost is found by dynamic programming.

``benchmarks/sizes.py`` compares it with other rules.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEWEST = 10
"""Tries that count, below which nothing is suggested; of a mapped task, each instance has one."""

LOST_TRY = 20.0
"""What a lost try costs: as much as the memory of so many usual runs of the task."""

_MOST_SAMPLES = 200
UNTIL_KILLED = 0.6
"""A try that is killed has run for this part of its time, on average."""
_FEWEST_ALIKE = 12
_KOLMOGOROV = 1.36
"""Two halves differ beyond this coefficient of the two-sample Kolmogorov-Smirnov test (5 %)."""
_MARGIN = 1.05
_MARGIN_OF_FEW = 1.15
_FEW = 80
"""With fewer records than these after a change, the margin is the larger one: more may change."""
_LEVELS = 40
_GROWTH = 1.2
_SURPRISE = 0.3
"""How many of ``n + 1`` runs need more than ever before, by a tail of exponent 1."""
_LEAST_SPREAD = 0.02
_ABOVE_KILLED = 1.2
"""A killed try that no later one explains needed more than its limit: this much is assumed."""
_BEYOND = 4
"""Without a maximum, the steps end at this multiple of the largest need."""
_GRAINS = 16


@frozen
class Sample:
    """One try that ended.

    Attributes:
        peak: The most memory that it had, in bytes; of a killed one, its limit, which was too little.
        was_killed: Whether it was killed because its limit was reached.
    """

    peak: int
    was_killed: bool = False


@frozen
class Suggestion:
    """The memory that tries should have.

    Attributes:
        steps: The bytes of the first try, and those after each OOM.
        runs: How many records it rests on.
        confidence: The share of runs for which the first step should be enough, from 0 to 1.
    """

    steps: tuple[int, ...]
    runs: int
    confidence: float


def suggest_steps(
    samples: Sequence[Sample], most: int | None = None, lost_try: float = LOST_TRY
) -> Suggestion | None:
    """Suggest the memory of the first try, and of those after an OOM.

    Args:
        samples: The tries of the task that ended, the oldest first.
        most: The bytes that no step exceeds, and the last one has.
        lost_try: What a lost try costs, in usual runs of the task: with more, fewer tries are lost.

    Returns:
        The suggestion; ``None`` with fewer than :data:`FEWEST` tries.
    """
    needs = _find_needs(samples)
    if len(needs) < FEWEST:
        return None
    alike = _find_alike(needs)
    ordered = sorted(alike)
    has_changed = len(alike) < min(len(needs), _FEW)
    levels = _list_levels(ordered, _MARGIN_OF_FEW if has_changed else _MARGIN, most)
    chances = [_Chances(ordered).exceed(level) for level in levels]
    # There is no more to have than the last level, so what a try costs that needs more is the same for all.
    path = _find_cheapest(levels, [*chances[:-1], 0.0], lost_try * ordered[len(ordered) // 2])
    steps = dict.fromkeys(_round_up(levels[index], most) for index in path)
    return Suggestion(tuple(steps), len(alike), 1 - chances[path[0]])


def count_needs(samples: Sequence[Sample]) -> int:
    """Count the last tries that tell what the task needs, as far as they matter."""
    return len(_find_needs(samples))


def double_from(start: int, samples: Iterable[Sample], most: int) -> tuple[int, ...]:
    """List what to request until there are records enough: doublings of a start, from one that was enough.

    Args:
        start: The bytes to start with.
        samples: The tries of the task that ended.
        most: The bytes that no step exceeds, and the last one has.
    """
    steps = [max(start, 1)]
    while steps[-1] < most:
        steps.append(min(2 * steps[-1], most))
    needs = [sample.peak + sample.was_killed for sample in samples]
    return tuple(step for step in steps if step >= max(needs, default=0)) or (most,)


def _find_needs(samples: Sequence[Sample]) -> list[float]:
    """Give what each of the last runs needed; a killed try tells something if no later one tells more."""
    needs: list[float] = []
    explained = 0
    for sample in reversed(samples):
        if len(needs) == _MOST_SAMPLES:
            break
        if not sample.was_killed:
            explained = max(explained, sample.peak)
            needs.append(float(max(sample.peak, 1)))
        elif sample.peak >= explained:
            needs.append(max(sample.peak, 1) * _ABOVE_KILLED)
    return needs[::-1]


def _find_alike(needs: Sequence[float]) -> Sequence[float]:
    """Find the last needs that look alike."""
    while len(needs) > 2 * _FEWEST_ALIKE:
        middle = len(needs) // 2
        older, newer = needs[:middle], needs[middle:]
        bound = _KOLMOGOROV * math.sqrt(len(needs) / (len(older) * len(newer)))
        if _find_distance(sorted(older), sorted(newer)) <= bound:
            break
        needs = newer
    return needs


def _find_distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Find the largest distance of two distribution functions; both are in ascending order."""
    shares = (
        abs(bisect_right(one, at) / len(one) - bisect_right(other, at) / len(other)) for at in (*one, *other)
    )
    return max(shares)


class _Chances:
    """The chances that a run needs more than an amount."""

    def __init__(self, ordered: Sequence[float]) -> None:
        """Take what past runs needed, in ascending order."""
        self._ordered = ordered
        self._runs = len(ordered) + 1
        count = max(3, min(math.isqrt(len(ordered)), len(ordered) - 1))
        self._body = ordered[-count - 1]
        self._share = count / self._runs
        spread = sum(math.log(need / self._body) for need in ordered[-count:]) / count
        self._exponent = 1 / max(spread, _LEAST_SPREAD)

    def exceed(self, amount: float) -> float:
        """Give the chance for one amount, which is a need and its margin."""
        inside = amount / (1 + (_MARGIN - 1) / 2)
        chance = (len(self._ordered) - bisect_right(self._ordered, inside)) / self._runs
        if amount > self._body:
            chance = max(chance, self._share * (self._body / amount) ** self._exponent)
        if amount > self._ordered[-1]:
            chance = max(chance, _SURPRISE / self._runs * self._ordered[-1] / amount)
        return chance


def _list_levels(ordered: Sequence[float], margin: float, most: int | None) -> list[float]:
    """List the amounts that steps may have: of the needs, some with a margin, and ever more beyond."""
    last = len(ordered) - 1
    chosen = {round(index * last / (_LEVELS - 1)) for index in range(_LEVELS)}
    levels = [ordered[index] * margin for index in sorted(chosen)]
    end = float(most or ordered[-1] * _BEYOND)
    while levels[-1] < end:
        levels.append(levels[-1] * _GROWTH)
    return [*dict.fromkeys(level for level in levels if level < end), end]


def _find_cheapest(levels: Sequence[float], chances: Sequence[float], price: float) -> list[int]:
    """Find the steps with the least expected cost, from the last level down.

    Args:
        levels: The amounts, in ascending order.
        chances: The chance that a run needs more, for each.
        price: What a lost try costs besides its memory, in bytes of a whole run.

    Returns:
        The indices of the steps.
    """
    count = len(levels)
    cost, after = [0.0] * count, [count] * count
    # The costs of each first level, if a share of all runs comes to it: those that need more than the last.
    for reached in range(count - 2, -2, -1):
        share = 1.0 if reached < 0 else chances[reached]
        best, index = min(
            (
                (share - chances[at]) * levels[at]
                + chances[at] * (UNTIL_KILLED * levels[at] + price)
                + cost[at],
                at,
            )
            for at in range(reached + 1, count)
        )
        if reached < 0:
            break
        cost[reached], after[reached] = best, index
    path = [index]
    while after[path[-1]] < count:
        path.append(after[path[-1]])
    return path


def _round_up(amount: float, most: int | None) -> int:
    """Round up to a 16th of its power of two, whole mebibytes: 1.1Gi becomes 1152Mi."""
    grain: int = max(2 ** (math.ceil(amount).bit_length() - 1) // _GRAINS, 2**20)
    rounded = -(-math.ceil(amount) // grain) * grain
    return rounded if most is None else min(rounded, most)


def suggest_cpu(averages: Iterable[float]) -> float | None:
    """Suggest a request of CPU: what nine of ten runs used on average, and 15 % more.

    CPU that is missing makes a task slower, and ends no try, so one value is enough.

    Args:
        averages: The cores that were busy on average in each run, the oldest first.

    Returns:
        Cores, rounded up to 0.05, which is the least; ``None`` with fewer than :data:`FEWEST` runs.
    """
    given = [*averages][-_MOST_SAMPLES:]
    if len(given) < FEWEST:
        return None
    alike = sorted(_find_alike(given))
    return max(math.ceil(1.15 * alike[math.ceil(0.9 * len(alike)) - 1] * 20), 1) / 20
