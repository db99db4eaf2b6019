"""``k8sexec usage``: what tasks have used over their last runs, against what they requested."""

from __future__ import annotations

import math
import sys
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from attrs import asdict, fields

from airflow_provider_k8sexec.cli.output import print_result, stop_on
from airflow_provider_k8sexec.exceptions import DeploymentError
from airflow_provider_k8sexec.past_tries.backtest import Backtest, replay
from airflow_provider_k8sexec.past_tries.suggestion import suggest_cpu_option, suggest_memory_option
from airflow_provider_k8sexec.past_tries.usage_history import describe_skipped, load_histories
from airflow_provider_k8sexec.past_tries.usage_record import (
    USAGE_KEY,
    show_bytes,
    show_cores,
    show_range,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from airflow_provider_k8sexec.past_tries.suggestion import OptionSuggestion
    from airflow_provider_k8sexec.past_tries.usage_history import TaskHistory

_NO_RECORD = (
    "There is no record. Each try of a task with pod options of this package leaves one, as the XCom "
    f"{USAGE_KEY!r}, where its worker can read its cgroup."
)


def usage(arguments: argparse.Namespace) -> None:
    """Print what each task has requested, has used, and should request; or what its memory has cost.

    Raises:
        SystemExit: With status 1, if the metadata database cannot be read, or has no record.
    """
    summarize, tabulate = (_backtest, _make_backtest_rows) if arguments.backtest else (_summarize, _make_rows)
    try:
        histories = load_histories(arguments.last, arguments.dag, arguments.task)
        summaries, skipped = _summarize_all(histories, summarize)
    except DeploymentError as error:
        stop_on([str(error)])
        return
    if skipped:
        print(skipped, file=sys.stderr)
    if not summaries:
        stop_on([_NO_RECORD])
    print_result(arguments.output, lambda: tabulate(summaries), lambda: summaries)


def _summarize_all(
    histories: Iterable[TaskHistory], summarize: Callable[[TaskHistory], dict[str, Any]]
) -> tuple[list[dict[str, Any]], str]:
    """Sum up task by task, so that the records of one task at a time are held; describe what was skipped."""
    summaries = []
    skipped: Counter[str] = Counter()
    for history in histories:
        skipped += history.skipped
        if history.usages:
            summaries.append(summarize(history))
    return summaries, describe_skipped(skipped)


def _summarize(history: TaskHistory) -> dict[str, Any]:
    """Sum up in bytes and cores; what is requested is what the last run did."""
    latest, peaks = history.usages[-1], [usage.memory_peak for usage in history.usages]
    averages = [round(usage.cpu_average, 3) for usage in history.usages if usage.cpu_average is not None]
    return {
        "dag_id": history.dag_id,
        "task_id": history.task_id,
        "runs": history.runs,
        "memory": {
            "request": latest.memory_request,
            "limit": latest.memory_limit,
            "highest": max(peaks),
            "p95": _percentile(peaks),
            "suggested": _to_json(suggest_memory_option(history)),
        },
        "cpu": {
            "request": latest.cpu_request,
            "limit": latest.cpu_limit,
            "highest": max(averages, default=None),
            "p95": _percentile(averages) if averages else None,
            "suggested": _to_json(suggest_cpu_option(history)),
        },
    }


def _to_json(suggestion: OptionSuggestion | None) -> dict[str, Any] | None:
    return None if suggestion is None else asdict(suggestion)


def _backtest(history: TaskHistory) -> dict[str, Any]:
    """Replay the records of a task; memory in GiB-hours."""
    found = replay(history.kept)
    return {
        "dag_id": history.dag_id,
        "task_id": history.task_id,
        **asdict(found),
        "saved": found.saved,
    }


def _make_backtest_rows(replayed: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    names = [attribute.name for attribute in fields(Backtest)]
    each = [(f"{it['dag_id']}.{it['task_id']}", Backtest(*(it[name] for name in names))) for it in replayed]
    whole = sum((found for _, found in each), Backtest())
    return [_make_backtest_row(name, found) for name, found in [*each, ("all", whole)]]


def _make_backtest_row(task: str, found: Backtest) -> dict[str, str]:
    hours = {"asked": found.asked, "used": found.used, "auto asks": found.auto_asked, "saved": found.saved}
    return {
        "task": task,
        "runs": str(found.runs),
        **{f"GiB-hours {name}": f"{amount:.4g}" for name, amount in hours.items()},
        "tries lost": str(found.lost),
        "auto loses": str(found.auto_lost),
    }


def _percentile(amounts: Iterable[float]) -> float:
    """Give the amount that 95 % of them do not exceed."""
    ordered = sorted(amounts)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def _make_rows(summaries: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    return [_make_row(**summary) for summary in summaries]


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
        "suggested": ", ".join(f"{name}={it['value']}" for name, it in options.items() if it),
        "enough for": "" if confidence is None else f"{100 * confidence:.0f} %",
        "cpu request": show_range(of_cpu("request"), of_cpu("limit")),
        "average": of_cpu("highest"),
        "average p95": of_cpu("p95"),
    }


def _show(show: Callable[[Any], str], amounts: dict[str, Any], name: str) -> str:
    return "" if amounts[name] is None else show(amounts[name])
