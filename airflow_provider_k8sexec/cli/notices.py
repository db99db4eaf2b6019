"""What a command prints on standard error beside its problems: the warnings of this package, each once.

What Airflow logs, and what others warn of, is left out unless ``--verbose`` is given, as by Airflow's own
commands.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import print_problems, shorten
from airflow_provider_k8sexec.context import use_context
from airflow_provider_k8sexec.context.site_context import SiteContext

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator


@contextlib.contextmanager
def quiet_imports(arguments: argparse.Namespace) -> Iterator[None]:
    """Ignore what modules warn of as they are imported: names that Airflow moves, its own defaults."""
    if arguments.verbose:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sys.warnoptions.append("ignore")  # else Airflow 2 shows its own, whatever the filter is
        try:
            yield
        finally:
            sys.warnoptions.remove("ignore")


def call_quietly(command: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Run a command that prints nothing on standard error but what it and its notices say."""
    from airflow.utils.cli import suppress_logs_and_warning  # Airflow's own way; --help needs no Airflow

    with use_context(_Terminal()):
        suppress_logs_and_warning(command)(arguments)


def write_notice(text: str) -> str:
    """Write what is no problem, and worth knowing, as a line."""
    return f"Warning: {text}"


def print_notice(text: str) -> None:
    """Print it to standard error."""
    print_problems([write_notice(text)])


class _Terminal(SiteContext):
    """The site, of whose warnings each is printed once: a thousand tasks may have the same one."""

    def warn(self, message: str, code: str, location: tuple[str, int], category: object = None) -> None:  # noqa: ARG002  # lint's
        """Print a warning; Airflow would hand it on as one of anybody's."""
        if self.is_first(message):
            file, line = location
            print_notice(f"{shorten(file)}:{line}: {message}" if file else message)
