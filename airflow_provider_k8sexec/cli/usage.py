"""``k8sexec usage``: what tasks have used over their last runs, against what they requested, and its cost."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import (
    WRONG_USAGE,
    print_problems,
    print_result,
    stop_on,
    to_terminal,
)
from airflow_provider_k8sexec.cli.usage_reports import Amounts, Backtests, Costs
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import ConfigurationError, DeploymentError
from airflow_provider_k8sexec.past_tries.usage_history import describe_skipped, load_histories
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.cli.usage_reports import Report

_WHY_NONE = (
    "Each try of a task with pod options of this package leaves one, as the XCom "
    f"{USAGE_KEY!r}, where its worker can read its cgroup; a scheduler that watches its pods keeps one "
    f"of each in the event log ({name_option('watch_pods')}, {name_option('report_usage')})."
)
_ONE_OF_TWO = "--backtest and --cost are two reports; write one of them, and run the command again."
_NO_PRICES = (
    f"{name_option('prices')} is not set, so there is no cost; write for example "
    """'{"currency": "EUR", "per_hour": {"cpu": 0.04, "memory": 0.005}}'"""
)


def usage(arguments: argparse.Namespace) -> None:
    """Print what each task has requested, has used, and should request; or what it has cost.

    Raises:
        SystemExit: With status 1, if the metadata database cannot be read, or has no record. With status 2,
            if two reports are requested.
    """
    if arguments.backtest and arguments.cost:
        print_problems([_ONE_OF_TWO])
        raise SystemExit(WRONG_USAGE)
    try:
        report = _choose_report(arguments)
        skipped: Counter[str] = Counter()
        for history in load_histories(arguments.last, arguments.dag, arguments.task):
            skipped += history.skipped
            report.add(history)
    except (ConfigurationError, DeploymentError) as error:
        stop_on([str(error)])
        return
    for notice in (describe_skipped(skipped), report.notice):
        if notice:
            print(to_terminal(notice), file=sys.stderr)
    if not report.content:
        stop_on([_describe_none(arguments)])
    print_result(arguments.output, lambda: report.rows, lambda: report.content)


def _describe_none(arguments: argparse.Namespace) -> str:
    given = {"--task": arguments.task, "--dag": arguments.dag}
    chosen = " ".join(f"{flag} {name}" for flag, name in given.items() if name)
    return f"There is no record{f' for {chosen}' if chosen else ''}. {_WHY_NONE}"


def _choose_report(arguments: argparse.Namespace) -> Report:
    if arguments.backtest:
        return Backtests()
    if arguments.cost is None:
        return Amounts()
    prices = load_context().prices
    if prices is None:
        raise DeploymentError(_NO_PRICES)
    return Costs(prices, arguments.cost)
