"""What a task's past tries used against what they requested, as the shapes of small plots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.past_tries.usage_record import show_bytes, show_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from airflow_provider_k8sexec.ui.measured import Measured

WIDTH, HEIGHT = 400, 100
"""The plot's own units, which the page stretches to the room that there is; so a plot holds no text."""

_GAP = 0.25
_FEWEST = 6
"""So many tries have room in every plot: a single one is no bar as wide as the page."""

_HIGHEST_LIMIT = 4
"""A limit, or what is suggested, beyond this multiple of all else is not drawn: it would flatten the bars."""


@frozen
class Bar:
    """One try in a plot.

    Attributes:
        text: The try and its amounts, for who points at it.
        slot: The left side of the column that belongs to it.
        x: The left side.
        y: The top.
        height: The height.
        is_killed: Whether the kernel killed a process of it at the limit.
    """

    text: str
    slot: float
    x: float
    y: float
    height: float
    is_killed: bool


@frozen
class Plot:
    """The tries, the oldest at the left.

    Attributes:
        name: The resource, in Kubernetes' word.
        title: What is shown of it.
        bars: What was used; a try that was not measured has none.
        slot_width: The width of each column.
        bar_width: The width of its bar.
        requested: The SVG path of the requests, a step for each try.
        limits: The same of the limits; empty where there are none, or they are far above.
        suggested: The same of what was suggested.
        ticks: The amounts at the axis: at its top, its middle and its foot.
        summary: What the plot shows, in a sentence.
    """

    name: str
    title: str
    bars: tuple[Bar, ...]
    slot_width: float
    bar_width: float
    requested: str
    limits: str
    suggested: str
    ticks: tuple[str, str, str]
    summary: str


@frozen
class _Resource:
    """How a resource is plotted; the lowest top of its axis is an amount whose half is round."""

    name: str
    title: str
    lowest_top: float
    show: Callable[[float], str]
    show_tick: Callable[[float], str]


def _show_bytes(number: float) -> str:
    return show_bytes(int(number))


def _show_cores(number: float) -> str:
    amount = show_cores(number)
    return f"{amount} core" if amount == "1" else f"{amount} cores"


_MEMORY = _Resource("memory", "Peak memory", 2**21, _show_bytes, _show_bytes)
_CPU = _Resource("cpu", "Average CPU, in cores", 0.25, _show_cores, "{:g}".format)


@frozen
class _Amounts:
    """The amounts of one try, as numbers."""

    run: Measured
    used: float | None
    requested: float | None
    limit: float | None
    suggested: float | None


def build_plots(history: Sequence[Measured]) -> tuple[Plot, ...]:
    """Lay the plots out, memory first; CPU where a run has measured it.

    Args:
        history: The tries, the oldest first.
    """
    memory = [
        _Amounts(run, run.kept.memory_peak, run.kept.memory_requested, run.kept.memory_limit, run.suggested)
        for run in history
    ]
    cpu = [
        _Amounts(run, run.cpu_average, run.cpu_requested, run.cpu_limit, run.suggested_cores)
        for run in history
    ]
    plots = (_build(_MEMORY, memory), _build(_CPU, cpu))
    return tuple(plot for plot in plots if plot)


def _build(resource: _Resource, runs: Sequence[_Amounts]) -> Plot | None:
    if not any(run.used is not None for run in runs):
        return None
    most = max(amount for run in runs for amount in (run.used, run.requested) if amount is not None)
    limits, suggested = (
        [amount if (amount or 0) <= most * _HIGHEST_LIMIT else None for amount in amounts]
        for amounts in ([run.limit for run in runs], [run.suggested for run in runs])
    )
    top = _round_up(max(most, resource.lowest_top, *(amount or 0 for amount in (*limits, *suggested))))
    width = WIDTH / max(len(runs), _FEWEST)
    slots = [WIDTH - width * (len(runs) - index) for index in range(len(runs))]
    return Plot(
        name=resource.name,
        title=resource.title,
        bars=tuple(
            _build_bar(run, slot, width, top, resource.show) for run, slot in zip(runs, slots, strict=True)
        ),
        slot_width=round(width, 1),
        bar_width=round(width * (1 - _GAP), 1),
        requested=_draw_steps([run.requested for run in runs], slots, width, top),
        limits=_draw_steps(limits, slots, width, top),
        suggested=_draw_steps(suggested, slots, width, top),
        ticks=(resource.show_tick(top), resource.show_tick(top / 2), "0"),
        summary=_summarize(runs, resource.show),
    )


def _round_up(number: float) -> float:
    """Round up to a power of two, whose half is as round."""
    return float(2.0 ** math.ceil(math.log2(number)))


def _build_bar(run: _Amounts, slot: float, width: float, top: float, show: Callable[[float], str]) -> Bar:
    y = _y_of(run.used or 0, top)
    used = "not measured" if run.used is None else show(run.used)
    of = f" of {show(run.requested)}" if run.requested and run.used is not None else ""
    suggested = f", suggested {show(run.suggested)}" if run.suggested else ""
    is_killed = run.run.kept.was_killed
    return Bar(
        text=f"{run.run.name}: {used}{of}{', killed at the limit' if is_killed else ''}{suggested}",
        slot=round(slot, 1),
        x=round(slot + width * _GAP / 2, 1),
        y=y,
        height=round(HEIGHT - y, 1),
        is_killed=is_killed,
    )


def _draw_steps(amounts: Sequence[float | None], slots: Sequence[float], width: float, top: float) -> str:
    return " ".join(
        f"M{slot:.1f} {_y_of(amount, top)}h{width:.1f}"
        for amount, slot in zip(amounts, slots, strict=True)
        if amount
    )


def _y_of(amount: float, top: float) -> float:
    return round(HEIGHT * (1 - amount / top), 1)


def _summarize(runs: Sequence[_Amounts], show: Callable[[float], str]) -> str:
    requested = runs[-1].requested
    highest = max(run.used for run in runs if run.used is not None)
    of = f", of the {show(requested)} that the last one requested" if requested else ""
    one, several = ("run", "runs") if all(run.run.is_only for run in runs) else ("try", "tries")
    which = f"The last {len(runs)} {several}" if len(runs) > 1 else f"The last {one}"
    return f"{which} used up to {show(highest)}{of}."
