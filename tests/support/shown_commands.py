"""The commands that pages show: they are run, and their outputs compared with those on the page.

A block of code whose first line is a comment with a path, ``# dags/load.py``, is that file. A block of the language
``console`` has commands after ``$``, each with its output below; a line ``...`` stands for lines that are left out.
``$ export NAME=value`` holds for the rest of the page. All is done in the order of the page, in a folder of its own.

Run this file to write the outputs anew, on purpose, and read the difference before committing it; those with a line
``...`` are only reported:

    PYTHONPATH=. python tests/support/shown_commands.py
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
import warnings
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"airflow", "astro", "cat", "git", "helm", "kind", "kubectl", "pip", "pre-commit", "python", "set"}
"""Programs that are not run here: what they show is another test's matter, or nobody's."""

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"# (?P<path>[\w./-]*\.(?:py|yaml|env|cfg))\n")
_LOG_LINE = re.compile(r"\[?\d{4}-\d\d-\d\dT.*\n")


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
    return [page for page in sorted((ROOT / "docs").rglob("*.md")) if "\n$ k8sexec " in page.read_text("utf-8")]


def find_shown(page: str) -> list[Shown | tuple[Path, str]]:
    """Find the files and the commands of a page, in its order."""
    found: list[Shown | tuple[Path, str]] = []
    for block in _BLOCK.finditer(page):
        _, language, text = block.groups()
        file = _FILE.match(text)
        if file is not None:
            found.append((Path(file["path"]), text))
        elif language == "console":
            found += _find_commands(text, block.start(3))
    return found


def _find_commands(text: str, offset: int) -> list[Shown]:
    parts = re.finditer(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", text, re.MULTILINE)
    return [
        Shown(
            part["command"], part["output"], (offset + part.start("output"), offset + part.end("output"))
        )
        for part in parts
    ]


def run_shown(command: str, folder: Path) -> tuple[str, str] | None:
    """Run a command in this process, in a folder; give what it prints, and what it reports on standard error."""
    from airflow_provider_k8sexec.cli import main
    from airflow_provider_k8sexec.context import forget_context

    words = shlex.split(command, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        os.environ[name] = value
        forget_context()
    program, *arguments = words or ["export"]
    if program == "export":
        return run_shown(" ".join(map(shlex.quote, arguments)), folder) if arguments else ("", "")
    if program in ELSEWHERE:
        return None
    assert program == "k8sexec", command
    arguments, _, file = " ".join(map(shlex.quote, arguments)).partition(" '>' ")
    output, messages = _run(main, shlex.split(arguments), folder)
    if file:
        (folder / file).write_text(output, encoding="utf-8")
        output = ""
    return output, messages


def _run(main, arguments: list[str], folder: Path) -> tuple[str, str]:
    output, messages = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder) if sys.version_info >= (3, 11) else _chdir(folder),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(messages),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with contextlib.suppress(SystemExit):  # argparse's, of arguments that it does not know
            main(arguments)
    return tuple(
        _LOG_LINE.sub("", re.sub(r" +$", "", stream.getvalue(), flags=re.MULTILINE)).replace(
            str(folder), "/usr/local/airflow"
        )
        for stream in (output, messages)
    )


@contextlib.contextmanager
def _chdir(folder: Path):
    before = Path.cwd()
    os.chdir(folder)
    yield
    os.chdir(before)


def run_page(page: str, folder: Path) -> list[tuple[Shown, str, str]]:
    """Write the files of a page and run its commands; give those that show another output, with theirs."""
    others = []
    for item in find_shown(page):
        if isinstance(item, Shown):
            result = run_shown(item.command, folder)
            if result is not None and not item.matches(*result):
                others.append((item, *result))
        else:
            path, text = folder / item[0], item[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return others


def _rewrite(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        others = run_page(text, Path(folder).resolve())
    for shown, output, messages in reversed(others):
        if "...\n" in shown.output:
            sys.stdout.write(f"{page}: {shown.command}\n{output}{messages}\n")
        else:
            text = text[: shown.span[0]] + output + messages + text[shown.span[1] :]
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
