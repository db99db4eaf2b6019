"""The page on the first five minutes: what Airflow's own commands print is what the page shows of them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from airflow_lines import HAS_COMMANDS, HAS_POD_TAB, LINE
from doc_pages import PAGES, blocks_of
from processes import output_of, run_airflow
from shown_commands import Shown, find_shown

from airflow_provider_k8sexec._compat import load_dag_bag, load_fail_exception
from airflow_provider_k8sexec.authoring.local_runs import begin_local_run, end_local_run
from airflow_provider_k8sexec.site_policy.task_location import locate_task

PAGE = (Path(__file__).parents[2] / "docs/getting-started.md").read_text(encoding="utf-8")
CONSTRAINTS = Path(__file__).parents[1] / "constraints"
ITEMS = find_shown(PAGE)
COMMANDS = [item for item in ITEMS if isinstance(item, Shown)]
FILE, PROGRAM = next(item for item in ITEMS if not isinstance(item, Shown))


@pytest.mark.once_a_line
def test_the_run_of_the_page_prints_what_the_page_shows(installation) -> None:
    """A reader who types the commands of the page sees the line that the task prints."""
    installed = installation("local_run.py")
    (installed.home / FILE).write_text(PROGRAM, encoding="utf-8")
    variables = dict(
        assignment.split("=", 1)
        for item in COMMANDS
        if item.command.startswith("export MY_")
        for assignment in shlex.split(item.command)[1:]
    )
    (run,) = [item for item in COMMANDS if item.command.startswith("airflow dags test")]
    ran = run_airflow(*run.command.split()[1:], AIRFLOW_HOME=str(installed.home), **variables)
    lines = output_of(ran).splitlines() + ran.stderr.splitlines()
    shown = [line for line in run.output.splitlines() if line != "..."]
    assert shown == [line for line in lines if "characters" in line]


def test_the_absent_secret_of_the_page_is_what_a_run_reports(tmp_path: Path, monkeypatch) -> None:
    """A reader who forgets to export the variable reads what the page shows."""
    monkeypatch.delenv("MY_SECRET", raising=False)
    (tmp_path / FILE.name).write_text(PROGRAM, encoding="utf-8")
    task = load_dag_bag(str(tmp_path / FILE.name)).dags["daily_report"].get_task("extract")
    running = task.prepare_for_execution()
    begin_local_run(running, locate_task, is_in_process=True)
    end_local_run()
    (shown,) = [
        block.text for block in blocks_of("docs/getting-started.md", "text") if "absent" in block.text
    ]
    with pytest.raises(load_fail_exception(), match="absent here") as error:
        running.execute({})
    assert str(error.value).replace(str(tmp_path / FILE.name), str(FILE)) == shown.rstrip()


def test_the_releases_that_the_docs_list_are_those_that_are_tested() -> None:
    """Each row has the release whose constraints the tests are run with, and what its line of Airflow has."""
    rows = [
        [cell.strip() for cell in row]
        for row in re.findall(
            r"^\| (\d\.\d+) \|(.*?)\|.*?\|(.*?)\|(.*?)\|$", PAGES["docs/guides/installation.md"], re.MULTILINE
        )
    ]
    tested = [path.stem.removeprefix("airflow-") for path in CONSTRAINTS.glob("airflow-*.txt")]
    assert sorted(release for _, release, *_ in rows) == sorted(tested)
    (row,) = [row for row in rows if row[0] == ".".join(map(str, LINE))]
    assert [cell[:3].rstrip(":") for cell in row[2:]] == [
        "yes" if has else "no" for has in (HAS_POD_TAB, HAS_COMMANDS)
    ]
