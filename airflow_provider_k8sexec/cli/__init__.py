# PYTHON_ARGCOMPLETE_OK
"""The commands: ``k8sexec ...`` everywhere, and ``airflow k8sexec ...`` from Airflow 3.2 on.

Airflow imports this module at every start of its own command line, and ``k8sexec --help`` little more, so
both begin quickly.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from airflow.cli.cli_config import GroupCommand


def get_commands() -> list[GroupCommand]:
    """Define the commands, in Airflow's terms."""
    from airflow_provider_k8sexec.cli.definition import for_airflow  # loaded when Airflow asks for them

    def stop_as_airflow(name: str, arguments: argparse.Namespace) -> None:
        from airflow_provider_k8sexec.cli.run import run  # every process of Airflow's lists the commands

        status = run(name, arguments)
        if status:
            raise SystemExit(status)

    return [for_airflow(stop_as_airflow)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``k8sexec``.

    Args:
        arguments: The arguments after ``k8sexec``; those of the process if not given.

    Returns:
        The exit code: 0 when all is well, 1 when a problem was found, 2 for wrong arguments.
    """
    from airflow_provider_k8sexec.cli.parser import build_parser

    if "_ARGCOMPLETE" in os.environ:  # a shell asks
        from airflow_provider_k8sexec.cli.completion import complete

        complete()
    chosen = build_parser().parse_args(arguments)
    from airflow_provider_k8sexec.cli.run import run  # not for help, or for arguments that are wrong

    return run(chosen.command, chosen)
