"""Runs a command: its result is all that goes to standard output, and whatever happens ends in a sentence."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import kept_stdout
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    import argparse

INTERRUPTED = 130
"""The status of a program that SIGINT has ended, as shells write it: 128 and the signal's number."""
_CLOSED_PIPE = 141
"""Likewise of SIGPIPE."""


def run(name: str, arguments: argparse.Namespace) -> int:
    """Run a command.

    Args:
        name: The command.
        arguments: What it was given.

    Returns:
        The exit code: 0 when all is well, 1 when a problem was found or something is missing.
    """
    try:
        with kept_stdout():
            getattr(importlib.import_module(f"airflow_provider_k8sexec.cli.{name}"), name)(arguments)
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
        print(error, file=sys.stderr)
        return 1
    return 0
