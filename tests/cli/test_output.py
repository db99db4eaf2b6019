"""What the commands print is the text that they were given."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from airflow_provider_k8sexec.cli.output import print_problems
from airflow_provider_k8sexec.cli.table import print_table

PARTS = re.compile(r"[^\s./-]+|[./-]+|\s+")
ROWS = [
    {
        "task": "load_orders.extract.the_daily_orders_of_all_regions",
        "cpu": "0.5",
        "gpu": "",
        "image": "registry.example.com/data/airflow-geo:1.4.0",
        "problem": "memory=512 is 512 bytes; write memory='512Mi', or what the task needs at its peak.",
    },
    {"task": "load_orders.load", "cpu": "1", "gpu": "", "image": "", "problem": "größer als 日本語 erlaubt"},
]


@pytest.mark.parametrize("text", ["[core] executor", r"a\[/x]", r"a\\[red]b[/red]", "[/]", "a\\"])
def test_a_table_shows_its_cells_as_they_are(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A server's message may quote a pattern, in which the console would find markup."""
    print_table([{"verdict": text}])
    assert text in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("columns", [80, 120, 200])
def test_a_table_fits_the_terminal_and_cuts_no_name(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Empty columns are left out, and a cell breaks between words and at the joints of names alone."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(cell_len, lines)) <= columns
    assert "gpu" not in lines[0]
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]
    for number, name in enumerate(("task", "cpu", "image", "problem")):
        column = [row[number] for row in cells if number < len(row)]
        together = "".join(column).replace(" ", "")
        assert together == "".join(row[name] for row in ROWS).replace(" ", "")
        whole = {part.strip() for row in ROWS for part in PARTS.findall(row[name])}
        assert {part.strip() for cell in column for part in PARTS.findall(cell)} <= whole | {""}


def test_a_table_in_a_pipe_breaks_no_cell(capsys: pytest.CaptureFixture[str]) -> None:
    """A program, or a file, has any width."""
    print_table(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + len(ROWS)
    assert ROWS[0]["problem"] in lines[2]


def test_a_message_needs_no_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``k8sexec ... >&-`` closes it, and Python has none then."""
    monkeypatch.setattr("sys.stdout", None)
    print_problems(["no file"])
    assert capsys.readouterr().err == "no file\n"
