"""Makes the page of the commands, from their definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from page_parts import write_block, write_page, write_sentence, write_table

from airflow_provider_k8sexec.cli.definition import COMMANDS, NAME, Argument, Command

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = f"""\
`{NAME} COMMAND` prints, validates and explains the pods of DAG files. From Airflow 3.2 on, `airflow {NAME} COMMAND` is
the same. `{NAME} --help` and `{NAME} COMMAND --help` print this page, without starting Airflow.

The result is all that goes to standard output; what is wrong, and progress, goes to standard error."""
_STATUS = {
    "0": "All is well; notes are nothing wrong.",
    "1": "A problem was found, or something is missing: a file, a task, a connection, a record.",
    "2": "An argument is wrong.",
    "130": "The command was interrupted by Ctrl-C.",
    "141": "Whoever read the output has closed it, as `head` does.",
}


def build_page() -> str:
    """Make the page."""
    status = write_table(("status", "means"), _STATUS.items())
    parts = [part for command in COMMANDS for part in _write_command(command)]
    return write_page("Commands", [_FIRST, *parts, "## Exit status", status])


def _write_command(command: Command) -> Iterator[str]:
    yield f"## `{NAME} {command.name}`"
    yield write_sentence(f"{command.summary}.")
    usage = " ".join([NAME, command.name, *map(_write_usage, command.arguments)])
    yield write_block("text", usage)
    if command.description.partition(". ")[0] != command.summary:
        yield write_sentence(command.description)
    yield write_table(("argument", "meaning"), map(_describe, command.arguments))


def _write_usage(argument: Argument) -> str:
    """Write an argument as it is typed: what can be omitted in brackets."""
    flag = argument.flags[-1]
    if not flag.startswith("-"):
        return (
            f"{_name_value(argument)}..." if argument.options.get("nargs") == "+" else _name_value(argument)
        )
    written = f"{flag} {_name_value(argument)}".strip()
    return written if argument.options.get("required") else f"[{written}]"


def _name_value(argument: Argument) -> str:
    options: dict[str, Any] = argument.options
    if options.get("action") == "store_true":
        return ""
    return str(options.get("metavar") or "|".join(options.get("choices", ())) or argument.flags[-1].upper())


def _describe(argument: Argument) -> tuple[str, str]:
    flags = ", ".join(f"`{flag}`" for flag in argument.flags if flag.startswith("-"))
    meaning = str(argument.options["help"]) % {"default": argument.options.get("default")}
    choices = argument.options.get("choices")
    listed = f" One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else ""
    return flags or f"`{_name_value(argument)}`", f"{meaning.rstrip('.')}.{listed}"
