"""What old Airflow had and today's has not, rewritten where the meaning is certain.

A file with these is often not loaded at all, so there is no pod to compare with: a repair, not an equal
rewrite. What ruff's AIR rules do right is left to ruff.
"""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.edits import Refusal, Span
from airflow_provider_k8sexec.cli.migrate.old_airflow.old_imports import repair_imports
from airflow_provider_k8sexec.cli.migrate.old_airflow.old_models import repair_models
from airflow_provider_k8sexec.cli.migrate.old_airflow.repairs import Repair, Repairs, apply_repairs
from airflow_provider_k8sexec.options.problems import list_names
from airflow_provider_k8sexec.site_policy.old_airflow import (
    OLD_SECTION,
    RUFF,
    SECTION,
    SECTION_OPTIONS,
    find_config_reads,
    find_left_to_ruff,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRACES = ("airflow.contrib", "kubernetes", "schedule_interval")
"""A file with none of these has nothing to be found."""

_MODULE_OF_CONF = "airflow.configuration"


@frozen
class OldAirflow:
    """What a file has of old Airflow.

    Attributes:
        repairs: What is rewritten, in the order of the file.
        findings: What is not, with what to write or to run.
    """

    repairs: tuple[Repair, ...] = ()
    findings: tuple[Refusal, ...] = ()

    def apply(self, source: str) -> str:
        """Give the source, which is that of the file, with all repairs made."""
        return apply_repairs(source, self.repairs)


def find_old(path: str, source: str, tree: ast.Module | None = None) -> OldAirflow:
    """Find what a DAG file has of old Airflow.

    Args:
        path: The file, for the command that changes what is left to ruff.
        source: Its source.
        tree: The same, where it has been parsed.
    """
    has_other_ends = "\r" in source.replace("\r\n", "")  # Python counts lines by them, which nobody writes
    if has_other_ends or not any(trace in source for trace in _TRACES):
        return OldAirflow()
    try:
        tree = tree or ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # Airflow reports it
        return OldAirflow()
    repairs = Repairs(source, tree)
    repair_models(repairs)
    _repair_config_reads(repairs)
    repair_imports(repairs)
    repairs.findings += _leave_to_ruff(path, repairs)
    return OldAirflow(repairs.made, tuple(sorted(repairs.findings, key=lambda finding: finding.line)))


def _leave_to_ruff(path: str, repairs: Repairs) -> Iterator[Refusal]:
    """Report once what ruff changes, with the command."""
    left = [*find_left_to_ruff(repairs.tree, repairs.names)]
    if left:
        names = [*dict.fromkeys(name for _, name in left)]
        command = f"`{RUFF} {shlex.quote(path)}`"
        yield Refusal(left[0][0], f"Airflow 3 does not have {list_names(names)}; run {command}.")


def _repair_config_reads(repairs: Repairs) -> None:
    """Rewrite ``conf.get("kubernetes", ...)``."""
    for call in find_config_reads(repairs.tree, repairs.names):
        options = [argument.value for argument in call.args[1:2] if isinstance(argument, ast.Constant)]
        option = str(options[0]).lower() if options else ""
        reason = f"Airflow 3 has no section [{OLD_SECTION}]."
        if option and option not in SECTION_OPTIONS:
            repairs.refuse(call, f"{reason} [{SECTION}] has no option {option}; remove it.")
            continue
        quoted = repairs.text_of(call.args[0]).replace(OLD_SECTION, SECTION)
        repairs.add(Span.of(call.args[0]), quoted, reason)
        function = call.func
        if isinstance(function, ast.Attribute) and repairs.names.path_of(function.value) == _MODULE_OF_CONF:
            of = repairs.text_of(function.value)
            repairs.add(Span.of(function), f"{of}.conf.{function.attr}", reason)
