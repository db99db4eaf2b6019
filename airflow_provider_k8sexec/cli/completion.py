"""What a shell completes of ``k8sexec``: by Airflow's own library, and without Airflow.

Source: https://kislyuk.github.io/argcomplete/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import argcomplete
from argcomplete.completers import FilesCompleter

from airflow_provider_k8sexec.cli.parser import build_parser
from airflow_provider_k8sexec.options.problem_codes import CODES, FAMILIES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def complete() -> None:
    """Print the completions of what the shell has so far, and end the process.

    What only a loaded DAG file or Airflow's configuration shows, tasks and profiles, is not completed: that
    takes seconds.
    """
    parser = build_parser()
    _give(
        parser, {"dag_files": FilesCompleter(("py", "zip")), "base": FilesCompleter(("yaml", "yml", "tpl"))}
    )
    _give(parser, {"select": complete_codes, "ignore": complete_codes})
    argcomplete.autocomplete(parser)


def _give(parser: Any, completers: Mapping[str, Callable[..., list[str]]]) -> None:
    """Give completers to the arguments of all commands, by the names that these have."""
    (commands,) = parser._subparsers._group_actions  # noqa: SLF001  # argparse has no public way to them
    for command in commands.choices.values():
        for action in command._actions:  # noqa: SLF001  # likewise
            if action.dest in completers:
                action.completer = completers[action.dest]


def complete_codes(prefix: str, **_: object) -> list[str]:
    """Complete the last of several codes, which commas divide."""
    given, comma, last = prefix.rpartition(",")
    return [f"{given}{comma}{code}" for code in (*FAMILIES, *CODES) if code.startswith(last)]
