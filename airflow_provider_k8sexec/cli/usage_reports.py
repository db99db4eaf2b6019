"""What `k8sexec usage` reports of the records of tasks: amounts, a replay, or the cost.

A report is given the tasks one by one, so that the records of one task at a time are held.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from attrs import asdict, define, field

from airflow_provider_k8sexec.past_tries.backtest import Backtest, replay
from airflow_provider_k8sexec.past_tries.cost import Spent, add_costs
from airflow_provider_k8sexec.past_tries.suggestion import (
    explain_memory_option,
    suggest_cpu_option,
)
from airflow_provider_k8sexec.past_tries.usage_record import show_bytes, show_cores, show_range

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_k8sexec.past_tries.suggestion import OptionSuggestion
    from airflow_provider_k8sexec.past_tries.usage_history import TaskHistory
    from airflow_provider_k8sexec.site.prices import Prices

Row = dict[str, str]


class Report(Protocol):
    """A report in the making."""

    @property
    def notice(self) -> str:
        """What a reader has to know besides; empty for nothing."""

    def add(self, history: TaskHistory) -> None:
        """Add the records of a task."""

    @property
    def content(self) -> list[dict[str, Any]]:
        """What programs get; empty where there is no record."""

    @property
    def rows(self) -> list[Row]:
        """What people get: the rows of a table."""


@define
class Amounts:
    """What each task has requested, has used, and should request."""

    notice: str = ""
    content: list[dict[str, Any]] = field(factory=list)

    def add(self, history: TaskHistory) -> None:
        """Add the records of a task."""
        if history.usages:
            self.content.append(_summarize(history))

    @property
    def rows(self) -> list[Row]:
        """A row for each task."""
        return [_make_row(**summary) for summary in self.content]


def _summarize(history: TaskHistory) -> dict[str, Any]:
    """Sum up in bytes and cores; what is requested is what the last run did."""
    latest, peaks = history.usages[-1], [usage.memory_peak for usage in history.usages]
    averages = [round(usage.cpu_average, 3) for usage in history.usages if usage.cpu_average is not None]
    memory, not_suggested = explain_memory_option(history.kept)
    return {
        "dag_id": history.dag_id,
        "task_id": history.task_id,
        "runs": history.runs,
        "memory": {
            "request": latest.memory_request,
            "limit": latest.memory_limit,
            "highest": max(peaks),
            "p95": _percentile(peaks),
            "suggested": _to_json(memory),
            "not_suggested": not_suggested,
        },
        "cpu": {
            "request": latest.cpu_request,
            "limit": latest.cpu_limit,
            "highest": max(averages, default=None),
            "p95": _percentile(averages) if averages else None,
            "suggested": _to_json(suggest_cpu_option(history.kept)),
        },
    }


def _to_json(suggestion: OptionSuggestion | None) -> dict[str, Any] | None:
    return None if suggestion is None else asdict(suggestion)


def _percentile(amounts: Iterable[float]) -> float:
    """Give the amount that 95 % of them do not exceed."""
    ordered = sorted(amounts)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def _make_row(
    dag_id: str, task_id: str, runs: int, memory: dict[str, Any], cpu: dict[str, Any]
) -> dict[str, str]:
    options = {"memory": memory["suggested"], "cpu": cpu["suggested"]}
    confidence = memory["suggested"] and memory["suggested"]["confidence"]
    of_memory, of_cpu = partial(_show, show_bytes, memory), partial(_show, show_cores, cpu)
    return {
        "task": f"{dag_id}.{task_id}",
        "runs": str(runs),
        "memory request": show_range(of_memory("request"), of_memory("limit")),
        "peak": of_memory("highest"),
        "peak p95": of_memory("p95"),
        "suggested": ", ".join(f"{name}={it['value']}" for name, it in options.items() if it)
        or memory["not_suggested"],
        "enough for": "" if confidence is None else f"{100 * confidence:.0f} %",
        "cpu request": show_range(of_cpu("request"), of_cpu("limit")),
        "average": of_cpu("highest"),
        "average p95": of_cpu("p95"),
    }


def _show(show: Callable[[Any], str], amounts: dict[str, Any], name: str) -> str:
    return "" if amounts[name] is None else show(amounts[name])


@define
class Backtests:
    """What the memory of each task has cost, and would have cost by ``auto``; in GiB-hours."""

    notice: str = ""
    _replayed: list[tuple[str, str, Backtest]] = field(factory=list)

    def add(self, history: TaskHistory) -> None:
        """Add the records of a task."""
        found = replay(history.kept)
        if found.pods:
            self._replayed.append((history.dag_id, history.task_id, found))

    @property
    def content(self) -> list[dict[str, Any]]:
        """Of each task, the parts of its replay."""
        return [
            {"dag_id": dag_id, "task_id": task_id, **asdict(found), "saved": found.saved}
            for dag_id, task_id, found in self._replayed
        ]

    @property
    def rows(self) -> list[Row]:
        """A row for each task, and one for all."""
        each = [(f"{dag_id}.{task_id}", found) for dag_id, task_id, found in self._replayed]
        whole = sum((found for _, found in each), Backtest())
        return [_make_backtest_row(name, found) for name, found in [*each, ("all", whole)]]


def _make_backtest_row(task: str, found: Backtest) -> Row:
    hours = {"asked": found.asked, "used": found.used, "by auto": found.auto_asked, "saved": found.saved}
    return {
        "task": task,
        "pods": str(found.pods),
        **{f"GiB-hours {name}": f"{amount:.4g}" for name, amount in hours.items()},
        "tries lost": str(found.lost),
        "lost by auto": str(found.auto_lost),
    }


@define
class Costs:
    """What tasks, DAGs or teams have cost.

    Attributes:
        prices: What the site pays.
        by: ``task``, ``dag`` or ``team``.
    """

    prices: Prices
    by: str
    _spent: dict[str, Spent] = field(factory=dict)

    @property
    def notice(self) -> str:
        """That it is an estimate."""
        return "The cost is an estimate, of what pods requested for as long as they ran; it is no bill."

    def add(self, history: TaskHistory) -> None:
        """Add the records of a task."""
        add_costs(self._spent, history.kept, self.prices, self.by)

    @property
    def content(self) -> list[dict[str, Any]]:
        """What each has cost, the dearest first."""
        dearest = sorted(self._spent.items(), key=lambda item: (-item[1].cost, item[0]))
        return [{self.by: name, **asdict(spent), "currency": self.prices.currency} for name, spent in dearest]

    @property
    def rows(self) -> list[Row]:
        """A row for each, the dearest first."""
        unit = f" ({self.prices.currency})" if self.prices.currency else ""
        return [
            {
                self.by: it[self.by],
                "tries": str(it["tries"]),
                f"estimated cost{unit}": f"{it['cost']:.2f}",
                "of tries that failed": f"{it['lost']:.2f}",
            }
            for it in self.content
        ]
