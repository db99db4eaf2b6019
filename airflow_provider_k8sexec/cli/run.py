"""Runs a command: its result is all that goes to standard output, and whatever happens ends in a sentence."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import REPOSITORY_URL
from airflow_provider_k8sexec.cli.definition import NAME, WITHOUT_AIRFLOW
from airflow_provider_k8sexec.cli.notices import call_quietly, quiet_imports
from airflow_provider_k8sexec.cli.output import kept_stdout, print_problems
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

INTERRUPTED = 130
"""The status of a program that SIGINT has ended, as shells write it: 128 and the signal's number."""
_CLOSED_PIPE = 141
"""Likewise of SIGPIPE."""
_OF_AIRFLOWS_OPTIONS = "AirflowConfigException"
_REMEDY = (
    "Correct its configuration: AIRFLOW_HOME, airflow.cfg, airflow_local_settings.py, or the variables "
    "AIRFLOW__*; `airflow info` has the same error until then."
)


def run(name: str, arguments: argparse.Namespace) -> int:
    """Run a command.

    Args:
        name: The command.
        arguments: What it was given.

    Returns:
        The exit code: 0 when all is well, 1 when a problem was found or something is missing.
    """
    try:
        with kept_stdout(), quiet_imports(arguments):
            _load(name)(arguments)
        sys.stdout.flush()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    except BrokenPipeError:
        # Whoever read has seen enough, as `| head` has; the interpreter would complain as it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _CLOSED_PIPE
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except K8sExecError as error:
        print_problems([str(error)])
        return 1
    except Exception as error:  # noqa: BLE001  # whatever it is, it ends in a sentence
        print_problems([_describe_failure(name, error)])
        if arguments.verbose:
            traceback.print_exc()
        return 1
    return 0


def _load(name: str) -> Callable[[argparse.Namespace], None]:
    """Load a command, and before it Airflow, where it needs that.

    Raises:
        K8sExecError: Airflow does not start here.
    """
    needs_airflow = all(name != command.name for command in WITHOUT_AIRFLOW)
    if needs_airflow:
        _start_airflow()
    command: Callable[[argparse.Namespace], None] = getattr(
        importlib.import_module(f"airflow_provider_k8sexec.cli.{name}"), name
    )
    return partial(call_quietly, command) if needs_airflow else command


def _start_airflow() -> None:
    try:
        importlib.import_module("airflow.settings")
    except Exception as error:
        cause = error.__cause__ or error
        reason = f"Airflow does not start here: {type(cause).__name__}: {cause}"
        raise K8sExecError(f"{reason}\n{_REMEDY}") from error


def _describe_failure(name: str, error: Exception) -> str:
    kind = type(error).__name__
    what = f"{NAME} {name} cannot go on: {kind}: {error}"
    report = f"Run it again with --verbose, and report what it prints then: {REPOSITORY_URL}/issues"
    return f"{what}\n{_REMEDY if kind == _OF_AIRFLOWS_OPTIONS else report}"
