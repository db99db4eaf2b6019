"""What rules for the size of a task cost: memory reserved in vain, and tries lost, over many runs.

Usage: python -m benchmarks.sizes [SEED...] [--trace FILE]

Each family has a thousand runs that need some memory, of ten minutes each. A rule is asked before each run
for its steps: the memory of the first try, and of those after an OOM. A try with too little is killed after
six tenths of its time. Wasted is what was reserved beyond the need, and all that killed tries had.

A trace is a file that Nextflow has written of real runs: CSV with ``process``, ``complete`` and ``peak_rss``
in bytes. Of a trace, tasks count that ran thirty times, and once had a quarter of a GiB; a run counts as one
of ten minutes. Source of the format: https://www.nextflow.io/docs/latest/reports.html#trace-file

The rules of the Vertical Pod Autoscaler and of KRR are those of their documentation, with the growth after an
OOM that they have there; both, and doubling, know nothing in the first ten runs, as ``auto`` does.
Sources: https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler/docs and
https://github.com/robusta-dev/krr#how-it-works
"""

from __future__ import annotations

import argparse
import csv
import random
import statistics
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate, chain, takewhile
from pathlib import Path

from attrs import frozen

from airflow_provider_k8sexec.past_tries.first_allocation import (
    FEWEST,
    LOST_TRY,
    UNTIL_KILLED,
    Sample,
    double_from,
    suggest_steps,
)

RUNS = 1000
SECONDS = 600
GIB = 2**30
MOST = 64
FEWEST_IN_TRACE = 30
LEAST_IN_TRACE = 0.25
_IN_TRACE = ": "
PRICES = (1, 3, 6, 12, LOST_TRY, 40, 60, 86, 150)
"""Prices of a lost try, in usual runs of the task, along the front."""

Needs = list[float]
Tries = list[tuple[float, bool]]
Rule = Callable[[Tries], Sequence[float]]
"""From what tries had or needed, and whether they were killed, to the steps of the next run, in GiB."""


@frozen
class Cost:
    """What a rule has cost.

    Attributes:
        wasted: GiB-hours.
        lost: Tries.
    """

    wasted: float
    lost: float


def make_families(seed: int, runs: int = RUNS) -> dict[str, Needs]:
    """Make what the runs of each family need, in GiB; the first six are always drawn in this order."""
    draw = random.Random(seed)  # noqa: S311  # no cryptography
    half = runs / 2
    return {
        "flat": [max(0.1, draw.gauss(1, 0.04)) for _ in range(runs)],
        "bimodal": [draw.gauss(1, 0.05) if draw.random() < 0.92 else draw.gauss(6, 0.4) for _ in range(runs)],
        "drifting": [(1 + 4 * run / runs) * draw.gauss(1, 0.04) for run in range(runs)],
        "lognormal": [min(60, draw.lognormvariate(0.2, 0.6)) for _ in range(runs)],
        "heavy tail": [min(60, 0.8 * draw.paretovariate(2.2)) for _ in range(runs)],
        "step at half": [draw.gauss(1 if run < half else 3, 0.08) for run in range(runs)],
    }


def make_input_families(seed: int, runs: int = RUNS) -> dict[str, Needs]:
    """Make families whose need follows the size of an input, which no rule is told, in GiB."""
    draw = random.Random(seed)  # noqa: S311  # no cryptography
    sizes = {
        "inputs of any size": [draw.uniform(0.5, 4) for _ in range(runs)],
        "inputs that grow": [0.5 + 3.5 * run / runs + draw.uniform(0, 0.5) for run in range(runs)],
        "inputs by weekday": [3.0 if run % 7 == 0 else 1.0 for run in range(runs)],
        "inputs with a heavy tail": [min(24, draw.paretovariate(1.8)) for _ in range(runs)],
    }
    return {
        name: [(0.3 + 0.8 * size) * max(0.5, draw.gauss(1, 0.05)) for size in of_runs]
        for name, of_runs in sizes.items()
    }


def double(_: Tries) -> Sequence[float]:
    """Start at 1 GiB, and double after each OOM."""
    return [2.0**step for step in range(8)]


def make_fixed(needs: Needs) -> Rule:
    """Have one limit for all runs, a tenth above what the largest will need: nobody knows that before."""
    return lambda _: [1.1 * max(needs)]


def follow_vpa(tries: Tries) -> Sequence[float]:
    """Have the 90th percentile of decaying weights, 15 % more, and 20 % more after each OOM."""
    if len(tries) < FEWEST:
        return double(tries)
    weighed = sorted(
        (max(peak + 0.1, peak * 1.2) if was_killed else peak, 0.5 ** ((len(tries) - at) / 100))
        for at, (peak, was_killed) in enumerate(tries)
    )
    sums = [*accumulate(weight for _, weight in weighed)]
    peak = weighed[bisect_left(sums, 0.9 * sums[-1])][0]
    return [*_grow(1.15 * peak, lambda step: max(step + 0.1, step * 1.2))]


def follow_krr(tries: Tries) -> Sequence[float]:
    """Have the largest of the last hundred, 15 % more, and 25 % more after each OOM."""
    if len(tries) < FEWEST:
        return double(tries)
    return [*_grow(1.15 * max(peak for peak, _ in tries[-100:]), lambda step: step * 1.25)]


def make_auto(lost_try: float = LOST_TRY) -> Rule:
    """Have what ``auto("1Gi", up_to="64Gi")`` asks for."""

    def follow(tries: Tries) -> Sequence[float]:
        samples = [Sample(int(peak * GIB), was_killed) for peak, was_killed in tries]
        suggestion = suggest_steps(samples, MOST * GIB, lost_try)
        steps = suggestion.steps if suggestion else double_from(GIB, samples, MOST * GIB)
        return [step / GIB for step in steps]

    return follow


def _grow(first: float, grow: Callable[[float], float]) -> Iterator[float]:
    step = first
    while step < MOST:
        yield step
        step = grow(step)
    yield step


def play(rule: Rule, needs: Needs) -> Cost:
    """Let a rule size all runs of a family, one after the other."""
    wasted, lost = 0.0, 0
    tries: Tries = []
    for need in needs:
        steps = rule(tries)
        killed = [*takewhile(lambda step, need=need: step < need, steps)]  # type: ignore[misc]  # a default
        enough = steps[len(killed)] if len(killed) < len(steps) else need
        wasted += UNTIL_KILLED * sum(killed) + enough - need
        lost += len(killed)
        tries += [*((step, True) for step in killed), (need, False)]
    return Cost(wasted * SECONDS / 3600, lost)


def average(costs: Sequence[Cost]) -> Cost:
    """Give the average over seeds."""
    return Cost(statistics.mean(it.wasted for it in costs), statistics.mean(it.lost for it in costs))


def add_up(costs: Iterable[Cost]) -> Cost:
    """Add up the costs of several tasks."""
    listed = [*costs]
    return Cost(sum(it.wasted for it in listed), sum(it.lost for it in listed))


def compare(
    families: Sequence[dict[str, Needs]], prices: Sequence[float] = PRICES
) -> dict[str, dict[str, Cost]]:
    """Let all rules size all families.

    Args:
        families: The families of each seed.
        prices: The prices of a lost try at which ``auto`` is tried.

    Returns:
        By rule and family, the average over the seeds.
    """
    rules: dict[str, Callable[[Needs], Rule]] = {
        "one limit, known before": make_fixed,
        "doubling from 1Gi": lambda _: double,
        "VPA": lambda _: follow_vpa,
        "KRR": lambda _: follow_krr,
        **{name_price(price): lambda _, price=price: make_auto(price) for price in prices},  # type: ignore[misc]
    }
    return {
        rule: {
            name: average([play(make(of_seed[name]), of_seed[name]) for of_seed in families])
            for name in families[0]
        }
        for rule, make in rules.items()
    }


def name_price(price: float) -> str:
    """Name ``auto`` at a price of a lost try."""
    return f"auto, a lost try is {price:g} runs{' (default)' if price == LOST_TRY else ''}"


def format_table(found: dict[str, dict[str, Cost]]) -> Iterator[str]:
    """Write a table in Markdown: of each family and of all, GiB-hours wasted and tries lost."""
    names = [*next(iter(found.values()))]
    yield f"| rule | all | {' | '.join(names)} |"
    yield f"|---|{'--:|' * (len(names) + 1)}"
    for rule, by_family in found.items():
        costs = [by_family[name] for name in names]
        cells = (f"{cost.wasted:,.0f} / {cost.lost:,.0f}" for cost in chain([add_up(costs)], costs))
        yield f"| {rule} | {' | '.join(cells)} |"


def load_trace(file: Path) -> dict[str, Needs]:
    """Read what the runs of each task in a trace of Nextflow needed, the oldest first, in GiB."""
    runs: dict[str, list[tuple[float, float]]] = {}
    with file.open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["peak_rss"].isdecimal():  # "-" where the task did not run
                ended, need = float(row["complete"]), int(row["peak_rss"]) / GIB
                runs.setdefault(f"{file.stem}{_IN_TRACE}{row['process']}", []).append((ended, need))
    needs = {task: [need for _, need in sorted(of_task)] for task, of_task in runs.items()}
    counted = [task for task, of in needs.items() if len(of) >= FEWEST_IN_TRACE and max(of) >= LEAST_IN_TRACE]
    return {task: needs[task] for task in counted}


def add_up_traces(found: dict[str, dict[str, Cost]]) -> dict[str, dict[str, Cost]]:
    """Add up the costs of the tasks of each trace."""
    whole: dict[str, dict[str, Cost]] = {}
    for rule, by_task in found.items():
        for task, cost in by_task.items():
            of_rule, trace = whole.setdefault(rule, {}), task.partition(_IN_TRACE)[0]
            of_rule[trace] = add_up([of_rule.get(trace, Cost(0, 0)), cost])
    return whole


def main() -> None:
    """Print the tables for the seeds, and for traces."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("seeds", nargs="*", type=int, default=[0, 1, 2], help="by default 0 1 2")
    parser.add_argument("--trace", action="append", type=Path, default=[], help="CSV of Nextflow")
    parser.add_argument("--runs", type=int, default=RUNS, help="of each family")
    given = parser.parse_args()
    for make in (make_families, make_input_families):
        print(f"\nGiB-hours wasted / tries lost; seeds {given.seeds}, {given.runs} runs a family\n")
        print(*format_table(compare([make(seed, given.runs) for seed in given.seeds])), sep="\n")
    if given.trace:
        tasks = {task: needs for file in given.trace for task, needs in load_trace(file).items()}
        print(f"\nGiB-hours wasted / tries lost; {len(tasks)} tasks, {sum(map(len, tasks.values()))} runs\n")
        print(*format_table(add_up_traces(compare([tasks]))), sep="\n")


if __name__ == "__main__":
    main()
