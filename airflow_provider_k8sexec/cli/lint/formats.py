"""The findings of lint for people, for programs, and for the places where code is reviewed."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import asdict

from airflow_provider_k8sexec import REPOSITORY_URL, __version__
from airflow_provider_k8sexec.cli.definition import NAME
from airflow_provider_k8sexec.cli.output import print_result, result_stdout, to_terminal
from airflow_provider_k8sexec.options.problem_codes import CODES, docs_of_code

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.cli.lint.report import Report

_SARIF = "https://json.schemastore.org/sarif-2.1.0.json"


def print_reports(output: str, reports: Sequence[Report]) -> None:
    """Print findings as ``-o`` says."""
    if output == "github":
        with result_stdout():
            for report in reports:
                print(to_terminal(_write_annotation(report)))
    elif output == "sarif":
        print_result("json", list, lambda: _build_sarif(reports))
    else:
        print_result(output, lambda: [*map(_build_row, reports)], lambda: [*map(asdict, reports)])


def _build_row(report: Report) -> dict[str, str]:
    return {
        "location": f"{report.file}:{report.line}" if report.line else report.file,
        "task": report.task,
        "level": report.level,
        "code": report.code,
        "problem": report.problem,
    }


def _write_annotation(report: Report) -> str:
    """Write what GitHub shows beside a line of a pull request.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    level = "notice" if report.level == "note" else report.level
    task = f"{report.task}: " if report.task else ""
    where = {"file": report.file, "line": str(report.line or 1)} if report.file else {}
    properties = {**where, "title": report.code}
    written = ",".join(f"{name}={_escape(value, ':,')}" for name, value in properties.items())
    return f"::{level} {written}::{_escape(f'{task}{report.problem}')}"


def _escape(text: str, others: str = "") -> str:
    for character in f"%\r\n{others}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def _build_sarif(reports: Sequence[Report]) -> dict[str, Any]:
    """Build what GitHub's code scanning, GitLab and editors read.

    Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
    """
    placed = [report for report in reports if report.file]
    codes = sorted({report.code for report in placed})
    rules = [*map(_build_rule, codes)]
    driver = {"name": NAME, "version": __version__, "informationUri": REPOSITORY_URL, "rules": rules}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_build_sarif_result(report, codes.index(report.code)) for report in placed],
    }
    # A result has a file: that there is nothing to look at is about the run.
    wrong = [
        {"level": report.level, "message": {"text": report.problem}} for report in reports if not report.file
    ]
    if wrong:
        invocation = {"executionSuccessful": False, "toolConfigurationNotifications": wrong}
        run["invocations"] = [invocation]
    return {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}


def _build_rule(code: str) -> dict[str, Any]:
    return {"id": code, "shortDescription": {"text": CODES[code]}, "helpUri": docs_of_code(code)}


def _build_sarif_result(report: Report, rule: int) -> dict[str, Any]:
    path = PurePath(report.file)
    uri = (
        path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
    )  # a name may be no UTF-8
    location: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if report.line:
        location["region"] = {"startLine": report.line}
    task = [{"fullyQualifiedName": report.task, "kind": "function"}] if report.task else []
    return {
        "ruleId": report.code,
        "ruleIndex": rule,
        "level": report.level,
        "message": {"text": report.problem},
        "locations": [{"physicalLocation": location, **({"logicalLocations": task} if task else {})}],
    }
