"""The history of a task's peak memory against its request, as the shapes of a small plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

WIDTH, HEIGHT = 400, 130
"""The plot's own units, which the page stretches to the width that there is."""

_HEADROOM = 1.1
_GAP = 0.25
_WIDEST = 40.0
_MEBIBYTE = 1024**2
_GIBIBYTE = 1024**3


@frozen
class Usage:
    """What one run of a task used, as the worker noted at its end.

    Attributes:
        run_id: The run.
        map_index: The mapped instance; -1 if the task is not mapped.
        run_after: When the run was due.
        peak: The most memory that it had, in bytes.
        request: The memory that was requested, in bytes; ``None`` if nothing was.
        limit: The memory that it could have, in bytes; ``None`` if there was no limit.
    """

    run_id: str
    map_index: int
    run_after: dt.datetime
    peak: int
    request: int | None = None
    limit: int | None = None


@frozen
class Bar:
    """One run in the plot.

    Attributes:
        usage: What is shown.
        x: The left side.
        y: The top.
        width: The width.
        height: The height.
    """

    usage: Usage
    x: float
    y: float
    width: float
    height: float


@frozen
class Plot:
    """A plot of several runs, the oldest at the left.

    Attributes:
        bars: Peaks.
        request: The SVG path of the requests, a step for each run.
        most: The memory at the top of the plot, in bytes.
        summary: What there is to see, for those who don't see it.
    """

    bars: tuple[Bar, ...]
    request: str
    most: int
    summary: str


def build_plot(history: Sequence[Usage]) -> Plot | None:
    """Lay the plot out.

    Args:
        history: The runs, the oldest first.

    Returns:
        The plot; ``None`` if there is nothing to show.
    """
    if not history:
        return None
    most = int(max(max(usage.peak, usage.request or 0) for usage in history) * _HEADROOM) or 1
    slot = min(WIDTH / len(history), _WIDEST)
    bars = tuple(
        Bar(
            usage,
            x=round(index * slot + slot * _GAP / 2, 1),
            y=_y_of(usage.peak, most),
            width=round(slot * (1 - _GAP), 1),
            height=round(HEIGHT - _y_of(usage.peak, most), 1),
        )
        for index, usage in enumerate(history)
    )
    steps = [
        f"M{index * slot:.1f} {_y_of(usage.request, most)}h{slot:.1f}"
        for index, usage in enumerate(history)
        if usage.request is not None
    ]
    return Plot(bars, " ".join(steps), most, _summarize(history))


def _y_of(amount: int, most: int) -> float:
    return round(HEIGHT * (1 - amount / most), 1)


def _summarize(history: Sequence[Usage]) -> str:
    last, highest = history[-1], max(usage.peak for usage in history)
    runs = f"The last {len(history)} runs" if len(history) > 1 else "The last run"
    asked = f" of the {show_bytes(last.request)} requested by the last" if last.request else ""
    return f"{runs} peaked at up to {show_bytes(highest)}{asked}."


def show_bytes(number: int | None) -> str:
    """Write an amount of memory for people: ``310Mi``, ``1.5Gi``."""
    if number is None:
        return ""
    if number < _GIBIBYTE:
        return f"{number / _MEBIBYTE:.0f}Mi"
    return f"{number / _GIBIBYTE:.1f}".removesuffix(".0") + "Gi"
