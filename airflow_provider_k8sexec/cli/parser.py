"""Reads the arguments of ``k8sexec``; what is misspelt gets a candidate."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

from airflow_provider_k8sexec import __version__
from airflow_provider_k8sexec.cli.definition import COMMANDS, NAME, SUMMARY
from airflow_provider_k8sexec.options.nearest_names import find_nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WRONG_CHOICE = re.compile(r"invalid choice: '(?P<given>.*?)' \(choose from (?P<known>.*)\)", re.DOTALL)


def build_parser() -> argparse.ArgumentParser:
    """Make the parser of ``k8sexec``, from the definition of its commands."""
    parser = _Parser(prog=NAME, description=SUMMARY)
    parser.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    for command in COMMANDS:
        subparser = commands.add_parser(command.name, help=command.summary, description=command.description)
        for argument in command.arguments:
            subparser.add_argument(*argument.flags, **argument.options)
    return parser


class _Parser(argparse.ArgumentParser):
    """Names what was probably meant by a command, an option or a choice that does not exist."""

    def parse_known_args(  # type: ignore[override]  # the overloads of typeshed
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Read the arguments of one command: what is unknown is refused here, where the known ones are."""
        chosen, unknown = super().parse_known_args(args, namespace)
        if unknown:
            flags = self._option_string_actions
            meant = _suggest(unknown[0].partition("=")[0], flags)
            self.error(f"unrecognized arguments: {' '.join(unknown)}{meant}")
        return chosen, []

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and how to get help; end with status 2."""
        match = _WRONG_CHOICE.search(message)
        if match:
            message += _suggest(match["given"], re.findall(r"[\w-]+", match["known"]))
        self.exit(2, f"{self.prog}: {message}. `{self.prog} --help` lists what there is.\n")


def _suggest(given: str, known: Iterable[str]) -> str:
    nearest = find_nearest(given, known)
    return f"; write {nearest}" if nearest else ""
