"""New sources as the project's formatter has them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_k8sexec.cli.migrate.writing.layout import lay_out

SHORT = 'executor_config=k8s_config(memory="2Gi", cpu=1)'
BEFORE = """\
from airflow.providers.standard.operators.bash import BashOperator
from kubernetes.client import models as k8s

extract = BashOperator(task_id="extract", executor_config={"pod_override": k8s.V1Pod()})
"""
AFTER = f"""\
from airflow.providers.standard.operators.bash import BashOperator
from airflow_provider_k8sexec import k8s_config

extract = BashOperator(task_id="extract", {SHORT}, bash_command="extract --all")
"""


def lay_out_one(folder: Path, before: str, after: str) -> str:
    path = str(folder / "dags" / "extract.py")
    return lay_out({path: before}, {path: after})[path]


def is_stable(source: str, *arguments: str) -> bool:
    command = [sys.executable, "-m", "ruff", "format", "--no-cache", "--isolated", *arguments, "-"]
    made = subprocess.run(command, input=source.encode(), capture_output=True, check=True)  # noqa: S603  # ruff
    return made.stdout.decode() == source


def test_a_file_that_the_formatter_had_is_one_that_it_has(tmp_path: Path) -> None:
    """What is new is divided as black and ruff divide it, and imports that were sorted are sorted."""
    laid_out = lay_out_one(tmp_path, BEFORE, AFTER)
    assert (
        laid_out
        == """\
from airflow.providers.standard.operators.bash import BashOperator
from airflow_provider_k8sexec import k8s_config

extract = BashOperator(
    task_id="extract",
    executor_config=k8s_config(memory="2Gi", cpu=1),
    bash_command="extract --all",
)
"""
    )
    assert is_stable(laid_out)


@pytest.mark.parametrize(
    ("file", "text", "line_length"),
    [
        ("pyproject.toml", "[tool.ruff]\nline-length = 120\n", 120),
        ("pyproject.toml", "[project]\nname = 'x'\n\n[tool.ruff.lint]\nselect = ['I']\n", 88),
        ("dags/ruff.toml", "line-length = 120\n", 120),
        ("pyproject.toml", "[tool.black]\nline-length = 120\nskip-string-normalization = true\n", 120),
        ("pyproject.toml", '[tool.ruff]\nrequired-version = "==0.1.0"\nline-length = 120\n', 120),
    ],
)
def test_the_project_says_how_long_lines_are(tmp_path: Path, file: str, text: str, line_length: int) -> None:
    """Ruff's configuration counts, or black's; of one for another ruff, the length of lines."""
    (tmp_path / "dags").mkdir()
    (tmp_path / file).write_text(text)
    assert max(map(len, lay_out_one(tmp_path, BEFORE, AFTER).splitlines())) == (
        max(map(len, AFTER.splitlines())) if line_length == 120 else 66
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == sorted(["dags", Path(file).name])


def test_a_file_of_its_own_style_keeps_it(tmp_path: Path) -> None:
    """Only new lines that are too long are divided, at the brackets of what is new."""
    before = BEFORE.replace("(task_id=", "( task_id = ").replace('"extract"', "'extract'")
    options = 'memory="2Gi", cpu=1, secrets=["WAREHOUSE_PASSWORD", Secret("LAKE_TOKEN", env="TOKEN")]'
    new = f"extract = BashOperator( task_id = 'extract', executor_config=k8s_config({options}))\n"
    after = "from airflow_provider_k8sexec import Secret, k8s_config\n\n" + new
    assert (
        lay_out_one(tmp_path, before, after)
        == """\
from airflow_provider_k8sexec import Secret, k8s_config

extract = BashOperator( task_id = 'extract', executor_config=k8s_config(
    memory="2Gi",
    cpu=1,
    secrets=["WAREHOUSE_PASSWORD", Secret("LAKE_TOKEN", env="TOKEN")],
))
"""
    )


def test_what_its_author_keeps_from_formatters_stays_on_its_line(tmp_path: Path) -> None:
    """Between `fmt: off` and `fmt: on`, and at `fmt: skip`, nothing is divided."""
    before = "CONFIG=1\n"
    long = f"k8s_config(image={'x' * 70!r}, memory='2Gi')"
    after = f"""\
from airflow_provider_k8sexec import k8s_config

# fmt: off
ONE={long}
# fmt: on
TWO={long}  # fmt: skip
"""
    assert lay_out_one(tmp_path, before, after) == after


def test_files_without_a_change_and_files_that_ruff_cannot_read_stay(tmp_path: Path) -> None:
    """Ruff may not know the newest Python; the new source is as it was written then."""
    assert lay_out({}, {}) == {}
    assert lay_out_one(tmp_path, "x  =  1\n", "x  =  1\n") == "x  =  1\n"
    broken = "def f(:\n"
    assert lay_out_one(tmp_path, broken, broken + "x=1\n") == broken + "x=1\n"
