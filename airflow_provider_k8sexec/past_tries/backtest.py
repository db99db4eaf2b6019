"""What the memory of past runs cost, and what it would have cost by ``auto(...)``: a replay of the records.

Before each run, the rule gets the tries of the runs before it. A try that it would have lost
counts its memory for six tenths of the run's time, and the next step follows. A killed try that no success
of its instance follows is left out: what it needed is not known, so neither is what it would have cost.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.past_tries.first_allocation import UNTIL_KILLED, Sample, suggest_steps
from airflow_provider_k8sexec.past_tries.kept_usage import GIBIBYTE_HOURS, samples_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.past_tries.first_allocation import Suggestion
    from airflow_provider_k8sexec.past_tries.kept_usage import KeptUsage


@frozen
class Backtest:
    """What runs cost; memory in GiB-hours.

    Attributes:
        pods: How many ended well and are measured; others tell nothing of what they needed. A mapped task has
            one for each instance.
        asked: What was requested, by tries that were killed before them, too.
        used: What the runs needed.
        lost: Tries that were killed for their memory, where a success of their instance followed.
        auto_asked: What ``auto`` would have requested. Of the first runs, that is what was requested.
        auto_lost: Tries that it would have lost; in those runs, those that were lost.
    """

    pods: int = 0
    asked: float = 0.0
    used: float = 0.0
    lost: int = 0
    auto_asked: float = 0.0
    auto_lost: int = 0

    @property
    def saved(self) -> float:
        """What ``auto`` would have saved; negative where it would have requested more."""
        return self.asked - self.auto_asked

    def __add__(self, other: Backtest) -> Backtest:
        """Add what other runs cost."""
        return Backtest(
            self.pods + other.pods,
            self.asked + other.asked,
            self.used + other.used,
            self.lost + other.lost,
            self.auto_asked + other.auto_asked,
            self.auto_lost + other.auto_lost,
        )


def replay(kept: Iterable[KeptUsage]) -> Backtest:
    """Replay the records of a task.

    Args:
        kept: What its pods requested and used, the oldest first.
    """
    whole = Backtest()
    before: list[Sample] = []
    suggestion, run_id = None, ""
    for it, sample, is_explained in _list_counted(kept):
        requested, hours = it.memory_requested or 0, it.seconds / GIBIBYTE_HOURS
        if it.of.run_id != run_id:  # its mapped instances, of which there may be thousands, start as one
            suggestion, run_id = suggest_steps(before), it.of.run_id
        if not sample.was_killed:
            whole += _replay_run(suggestion, sample.peak, requested, hours)
        elif is_explained:
            whole += _replay_killed(suggestion, requested * hours)
        before.append(sample)
    return whole


def _list_counted(kept: Iterable[KeptUsage]) -> list[tuple[KeptUsage, Sample, bool]]:
    """List the tries that count, the oldest first, and whether a success of its instance follows each."""
    counted: list[tuple[KeptUsage, Sample, bool]] = []
    succeeded: set[tuple[str, int]] = set()
    for it in reversed([*kept]):
        instance = (it.of.run_id, it.of.map_index)
        if not it.memory_requested or not it.seconds:
            continue
        for sample in samples_of([it]):
            counted.append((it, sample, instance in succeeded))
            if not sample.was_killed:
                succeeded.add(instance)
    return counted[::-1]


def _replay_killed(suggestion: Suggestion | None, asked: float) -> Backtest:
    """A try that was killed is lost by the rule as well, as long as it knows too few runs to differ."""
    if suggestion is None:
        return Backtest(asked=asked, lost=1, auto_asked=asked, auto_lost=1)
    return Backtest(asked=asked, lost=1)


def _replay_run(suggestion: Suggestion | None, need: int, requested: int, hours: float) -> Backtest:
    asked, used = requested * hours, need * hours
    if suggestion is None:
        return Backtest(1, asked, used, 0, asked)
    steps = suggestion.steps
    killed = [*takewhile(lambda step: step < need, steps)]
    enough = steps[len(killed)] if len(killed) < len(steps) else need
    return Backtest(1, asked, used, 0, (UNTIL_KILLED * sum(killed) + enough) * hours, len(killed))
