"""The commands that pages show: they are run, and their outputs compared with those on the page.

A block of code whose first line is a comment with a path, ``# dags/load.py``, is that file. A block of
the language ``console`` has commands after ``$``, each with its output below; a line ``...`` stands for
lines that are left out. ``$ export NAME=value`` holds for the rest of the page. All is done in the order
of the page, in a folder of its own.

Run this file to write the outputs anew, on purpose, and read the difference before committing it; those
with a line ``...`` are only reported:

    PYTHONPATH=. python tests/support/shown_commands.py
"""

from __future__ import annotations

import contextlib
import difflib
import io
import os
import re
import runpy
import shlex
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    ".",
    "airflow",
    "astro",
    "cat",
    "git",
    "helm",
    "kind",
    "kubectl",
    "mkdir",
    "pip",
    "pre-commit",
    "python3",
}
"""Programs that are not run here: what they show is another test's matter, or nobody's."""

WIDTH = 108
"""The columns of the terminal."""

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"(?:# yaml-language-server: .*\n)?# (?P<path>[\w./-]*\.(?:py|yaml))\n")
_OURS = re.compile(r"^\$ (?:[A-Z0-9_]+=\S+ )*k8sexec ", re.MULTILINE)
_LOG_LINE = re.compile(r"^(?:\[?\d{4}-\d\d-\d\dT|Warning: ).*\n", re.MULTILINE)


@frozen
class Shown:
    """A command with the output that a page shows.

    Attributes:
        command: What stands after ``$``.
        output: The lines below it.
        span: Where the output begins and ends in the page.
    """

    command: str
    output: str
    span: tuple[int, int]

    def matches(self, output: str, messages: str) -> bool:
        """Whether the page shows all of the output, and of the messages those that it shows."""
        lines = self.output.splitlines(keepends=True)
        pattern = re.compile("".join(r"(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in lines))
        reported = messages.splitlines(keepends=True)
        shown = (output + "".join(reported[:count]) for count in range(len(reported) + 1))
        return any(pattern.fullmatch(text) for text in shown)


def pages() -> list[Path]:
    """List the pages that show a command of this package with its output."""
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if _OURS.search(page.read_text("utf-8"))]


def find_shown(page: str) -> list[Shown | tuple[Path, str]]:
    """Find the files and the commands of a page, in its order."""
    found: list[Shown | tuple[Path, str]] = []
    for block in _BLOCK.finditer(page):
        _, language, text = block.groups()
        file = FILE.match(text)
        if file is not None:
            found.append((Path(file["path"]), text))
        elif language == "console":
            found += _find_commands(text, block.start(3))
    return found


def _find_commands(text: str, offset: int) -> list[Shown]:
    parts = re.finditer(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    return [
        Shown(part["command"], part["output"], (offset + part.start("output"), offset + part.end("output")))
        for part in parts
    ]


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


class Terminal:
    """A folder in which the commands of a page are run, one after the other, in this process."""

    def __init__(self, folder: Path) -> None:
        """Open one in a folder."""
        self.folder = folder
        self.status: int | str | None = 0
        self._programs = {
            "": lambda _: ("", ""),
            "export": self._export,
            "echo": lambda words: (" ".join(words).replace("$?", str(self.status)) + "\n", ""),
            "python": self._run_python,
            "diff": self._compare,
            "k8sexec": self._redirect,
        }

    def run(self, command: str) -> tuple[str, str] | None:
        """Run a command; give what it prints, and what it reports on standard error.

        Returns:
            ``None`` if it is one of ``ELSEWHERE``.
        """
        words = shlex.split(command, comments=True)
        if words and re.fullmatch(r"[A-Z0-9_]+=.*", words[0]):
            with _variable(words[0]):
                return self.run(shlex.join(words[1:]))
        program, *arguments = words or [""]
        if program in ELSEWHERE or arguments[:1] == ["-m"]:
            return None
        return self._programs[program](arguments)

    def _export(self, assignments: list[str]) -> tuple[str, str]:
        for assignment in assignments:
            _set_variable(assignment)
        return "", ""

    def _run_python(self, arguments: list[str]) -> tuple[str, str]:
        with _working_folder(self.folder), contextlib.redirect_stdout(io.StringIO()) as printed:
            runpy.run_path(arguments[0])
        return self._tidy(printed.getvalue()), ""

    def _compare(self, files: list[str]) -> tuple[str, str]:
        texts = ((self.folder / file).read_text(encoding="utf-8").splitlines() for file in files)
        return "".join(f"{line}\n" for line in difflib.unified_diff(*texts, lineterm="", n=0)), ""

    def _redirect(self, arguments: list[str]) -> tuple[str, str]:
        if ">" not in arguments:
            return self._call(arguments, _Screen())
        *arguments, _, file = arguments
        output, messages = self._call(arguments, io.StringIO())
        (self.folder / file).write_text(output, encoding="utf-8")
        return "", messages

    def _call(self, arguments: list[str], output: io.StringIO) -> tuple[str, str]:
        from airflow_provider_k8sexec.cli import main

        messages = io.StringIO()
        with (
            _variable(f"COLUMNS={WIDTH}"),
            _working_folder(self.folder),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(messages),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            try:
                self.status = main(arguments)
            except SystemExit as stop:  # argparse's, of arguments that it does not know
                self.status = stop.code
        return self._tidy(output.getvalue()), self._tidy(messages.getvalue())

    def _tidy(self, text: str) -> str:
        text = _LOG_LINE.sub("", re.sub(r" +$", "", text, flags=re.MULTILINE))
        return text.replace(str(self.folder), "/usr/local/airflow")


def _set_variable(assignment: str) -> None:
    from airflow_provider_k8sexec.context import forget_context

    name, _, value = assignment.partition("=")
    os.environ[name] = value
    forget_context()


@contextlib.contextmanager
def _variable(assignment: str) -> Iterator[None]:
    before = dict(os.environ)
    _set_variable(assignment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _working_folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def as_of_this_airflow(program: str) -> str:
    """Write Airflow 3's imports as Airflow 2 has them, where that is the one installed."""
    from airflow_provider_k8sexec._compat import AIRFLOW_3

    if AIRFLOW_3:
        return program
    return program.replace("airflow.providers.standard.operators", "airflow.operators")


def run_page(page: str, folder: Path) -> list[tuple[Shown, str, str]]:
    """Write the files of a page and run its commands; give those that show another output, with theirs."""
    terminal, others = Terminal(folder), []
    for item in find_shown(page):
        if isinstance(item, Shown):
            result = terminal.run(item.command)
            if result is not None and not item.matches(*result):
                others.append((item, *result))
        else:
            path, text = folder / item[0], as_of_this_airflow(item[1])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return others


def _rewrite(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        others = run_page(text, Path(folder).resolve())
    for shown, output, messages in reversed(others):
        if "...\n" in shown.output.splitlines(keepends=True):
            sys.stdout.write(f"{page}: {shown.command}\n{output}{messages}\n")
        else:
            reported = messages if " lint " in shown.command or " > " in shown.command else ""
            text = text[: shown.span[0]] + output + reported + text[shown.span[1] :]
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        # Airflow reads these when it is first imported.
        os.environ.update(AIRFLOW_HOME=home, AIRFLOW__CORE__LOAD_EXAMPLES="False")
        for to_write in map(Path, sys.argv[1:]) if sys.argv[1:] else pages():
            environment = dict(os.environ)
            _rewrite(to_write)
            os.environ.clear()
            os.environ.update(environment)
