"""The command from its arguments to its result: loads, reads, rewrites, proves, prints or writes, reports."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.migrate.findings import Finding, print_findings
from airflow_provider_k8sexec.cli.migrate.fixes import Fixes, report_old
from airflow_provider_k8sexec.cli.migrate.migration import Migration
from airflow_provider_k8sexec.cli.migrate.proof.verify import load
from airflow_provider_k8sexec.cli.migrate.results.new_files import NewFile, print_diffs, write_files
from airflow_provider_k8sexec.cli.migrate.results.report import (
    list_rewritable,
    report_errors,
    report_left,
    report_mistakes,
    report_yaml,
)
from airflow_provider_k8sexec.cli.migrate.results.savings import Measurement
from airflow_provider_k8sexec.cli.migrate.results.summary import summarise
from airflow_provider_k8sexec.cli.output import print_problems, result_stdout, to_terminal
from airflow_provider_k8sexec.context import load_context

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence


_OBJECTS = 100_000
"""How many new objects Python waits for before it looks for garbage; most of them stay."""


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let Python look for garbage rarely: it would go through all DAGs and syntax trees each time."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@_rare_collections()
def run_migration(arguments: argparse.Namespace) -> None:
    """Do what the arguments of ``migrate`` say.

    Raises:
        SystemExit: With status 1, as the command does.
    """
    own_secret = load_context().deployment.secret_name
    before = load(drop_doubles(arguments.dag_files))
    migration = Migration.of(before, own_secret)
    with Measurement(is_wanted=bool(migration.groups)) as measurement:
        migration.choose()
        fixes = Fixes.of(migration, own_secret) if arguments.fix else Fixes()
        done, problems = _finish_files(arguments, migration, fixes)
        print_findings(_report(arguments, migration, fixes, own_secret))
        problems = [*report_errors(before), *problems]
        print_problems(problems)
        summary = summarise(migration, fixes, done, measurement)
    if summary.has_content or not before.selection.errors:
        print(summary.write(is_written=arguments.write), file=sys.stderr)
    if problems or (arguments.check and done):
        raise SystemExit(1)


def drop_doubles(paths: Sequence[str]) -> list[str]:
    """Drop files that are named otherwise as well: Airflow would take their DAGs for doubles."""
    folders = [path for path in paths if Path(path).is_dir()]
    named = {os.path.realpath(file) for folder in folders for file in compat.list_dag_files(folder)}
    kept = []
    for path in dict.fromkeys(paths):
        real = os.path.realpath(path)
        if path in folders or real not in named:
            kept.append(path)
            named.add(real)
    return kept


def _finish_files(
    arguments: argparse.Namespace, migration: Migration, fixes: Fixes
) -> tuple[list[NewFile], list[str]]:
    """Write files, or print what could be written: that, and sentences on what could not be."""
    files = migration.readings.files
    equal = [NewFile(files[file], files[file].text, text) for file, text in sorted(migration.texts.items())]
    fixed = [
        NewFile(fixes.files[file], fixes.texts[file], text, tuple(fixes.notes[file]))
        for file, text in sorted(fixes.new.items())
    ]
    if arguments.write:
        return write_files(migration.together([*equal, *fixed]))
    if arguments.check:
        with result_stdout():
            for line in [*list_rewritable(migration), *(note for new in fixed for note in new.notes)]:
                print(to_terminal(line))
    else:
        print_diffs([*equal, *fixed])
    return [*equal, *fixed], []


def _report(
    arguments: argparse.Namespace, migration: Migration, fixes: Fixes, own_secret: str | None
) -> Iterator[Finding]:
    yield from report_left(migration, own_secret)
    yield from fixes.findings
    yield from report_old(migration, is_fixed=arguments.fix)
    yield from report_mistakes(migration, is_fixed=arguments.fix)
    yield from report_yaml(arguments.dag_files, own_secret)
