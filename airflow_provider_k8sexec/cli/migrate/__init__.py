"""Rewrites hand-written pods of DAG files as pod options, where the pods stay equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.tools import check_tools
from airflow_provider_k8sexec.cli.output import WRONG_USAGE, print_problems, stop_on_mistakes
from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    import argparse


def migrate(arguments: argparse.Namespace) -> None:
    """Print how DAG files can be rewritten, or rewrite them.

    Raises:
        SystemExit: With status 1, if a file cannot be loaded or written, or could be rewritten and
            ``--check`` is given. With status 2, if arguments exclude each other.
        K8sExecError: The extra ``[migrate]`` is not installed.
    """
    _check_usage(arguments)
    if arguments.profile is not None:
        from airflow_provider_k8sexec.cli.migrate.from_yaml.profile import print_profile  # needs no LibCST

        print_profile(arguments.profile, arguments.dag_files[0], arguments)
        return
    check_tools()
    stop_on_mistakes(load_context())
    from airflow_provider_k8sexec.cli.migrate.run_migration import run_migration  # loads LibCST

    run_migration(arguments)


def _check_usage(arguments: argparse.Namespace) -> None:
    """End with status 2 where arguments exclude each other."""
    wrong = ""
    if arguments.write and arguments.check:
        wrong = "--write and --check exclude each other: the one changes files, the other never does"
    elif arguments.profile is not None and (arguments.write or arguments.check or arguments.fix):
        wrong = "--profile prints a profile, and takes no --write, --check or --fix"
    elif arguments.profile is not None and len(arguments.dag_files) != 1:
        wrong = "--profile takes one pod template"
    if wrong:
        print_problems([f"k8sexec migrate: {wrong}."])
        raise SystemExit(WRONG_USAGE)
