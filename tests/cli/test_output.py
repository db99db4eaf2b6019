"""What the commands print is the text that they were given."""

from __future__ import annotations

import pytest

from airflow_provider_k8sexec.cli.table import print_table


@pytest.mark.parametrize("text", ["[core] executor", r"a\[/x]", r"a\\[red]b[/red]", "[/]", "a\\"])
def test_a_table_shows_its_cells_as_they_are(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A server's message may quote a pattern, in which the console would find markup."""
    print_table([{"verdict": text}])
    assert text in capsys.readouterr().out.splitlines()[-1]
