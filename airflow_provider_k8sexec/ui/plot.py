"""The history of a task's peak memory against its request, as the shapes of a small plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.past_tries.usage_record import show_bytes, suggest_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.past_tries.usage_record import Usage

WIDTH, HEIGHT = 400, 130
"""The plot's own units, which the page stretches to the width that there is."""

_HEADROOM = 1.1
_GAP = 0.25
_WIDEST = 40.0


@frozen
class Measured:
    """What one run of a task has used.

    Attributes:
        run_id: The run.
        map_index: The mapped instance; -1 if the task is not mapped.
        usage: What its last try used, and its request.
    """

    run_id: str
    map_index: int
    usage: Usage


@frozen
class Bar:
    """One run in the plot.

    Attributes:
        measured: What is shown.
        x: The left side.
        y: The top.
        width: The width.
        height: The height.
    """

    measured: Measured
    x: float
    y: float
    width: float
    height: float


@frozen
class Plot:
    """A plot of several runs, the oldest at the left.

    Attributes:
        bars: Peaks.
        requested: The SVG path of the requests, a step for each run.
        marked: The amount whose height is written at the plot, in bytes: the request of the last run, or the
            highest peak.
        mark_y: That height.
        summary: What the plot shows, for people who use a screen reader.
        suggestion: The ``memory=`` that the runs suggest; ``None`` where the request is about right.
    """

    bars: tuple[Bar, ...]
    requested: str
    marked: int
    mark_y: float
    summary: str
    suggestion: str | None


def build_plot(history: Sequence[Measured]) -> Plot | None:
    """Lay the plot out.

    Args:
        history: The runs, the oldest first.

    Returns:
        The plot; ``None`` if there is nothing to show.
    """
    if not history:
        return None
    usages = [measured.usage for measured in history]
    most = int(max(max(usage.memory_peak, usage.memory_requested or 0) for usage in usages) * _HEADROOM)
    slot = min(WIDTH / len(history), _WIDEST)
    bars = tuple(
        Bar(
            measured,
            x=round(index * slot + slot * _GAP / 2, 1),
            y=_y_of(measured.usage.memory_peak, most),
            width=round(slot * (1 - _GAP), 1),
            height=round(HEIGHT - _y_of(measured.usage.memory_peak, most), 1),
        )
        for index, measured in enumerate(history)
    )
    steps = [
        f"M{index * slot:.1f} {_y_of(usage.memory_requested, most)}h{slot:.1f}"
        for index, usage in enumerate(usages)
        if usage.memory_requested
    ]
    marked = usages[-1].memory_requested or max(usage.memory_peak for usage in usages)
    return Plot(
        bars, " ".join(steps), marked, _y_of(marked, most), _summarize(usages), suggest_memory(usages)
    )


def _y_of(amount: int, most: int) -> float:
    return round(HEIGHT * (1 - amount / most), 1)


def _summarize(usages: Sequence[Usage]) -> str:
    requested, highest = usages[-1].memory_requested, max(usage.memory_peak for usage in usages)
    runs = f"The last {len(usages)} runs" if len(usages) > 1 else "The last run"
    of = f", of the {show_bytes(requested)} that the last one requested" if requested else ""
    return f"{runs} peaked at up to {show_bytes(highest)}{of}."
