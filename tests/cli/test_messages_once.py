"""What a command has to say besides its result, it says once: not once a pod, and not once a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from wrong_inputs import DAG_FILE

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNKNOWN_RELEASE = "the release name is unknown"
NO_TEMPLATE = "pod_template_file is not set"
FILES = 12


@pytest.fixture
def many(tmp_path: Path, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder of DAG files with secrets, at a site that has set nothing."""
    configure(release_name=None)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    for number in range(FILES):
        text = DAG_FILE.format(options='cpu=0.5, secrets=["MY_SECRET"]').replace('"etl"', f'"etl_{number}"')
        (tmp_path / f"etl_{number}.py").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("command", ["render {many} -o table", "explain {many} --task load", "check {many}"])
def test_many_files_of_a_site_that_has_set_nothing_have_each_warning_once(
    command: str, many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two warnings, what is wrong, and the summary; no line of a log, and no traceback."""
    main(command.format(many=many).split())
    lines = capsys.readouterr().err.splitlines()
    assert [UNKNOWN_RELEASE in line for line in lines].count(True) == 1
    assert [NO_TEMPLATE in line for line in lines].count(True) == 1
    assert len(lines) <= 6
    assert f" in {FILES} files: " in lines[-1]


def test_a_mistake_that_all_tasks_have_in_common_is_reported_once(
    many: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as a pod template that cannot be read: the first task is named, and how many others have it."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", "/nowhere/template.yaml")
    assert main(["render", str(many)]) == 1
    _, problem, summary = capsys.readouterr().err.splitlines()
    assert problem.startswith(
        f"task 'extract' of DAG 'etl_0' and {2 * FILES - 1} other tasks: The pod template"
    )
    assert summary == f"{2 * FILES} tasks in {FILES} files: 1 problem"


def test_what_is_wrong_with_the_site_is_reported_before_any_file(
    many: Path, configure: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file would have the same error."""
    configure(policy="wran")
    assert main(["explain", str(many), "--task", "load"]) == 1
    assert capsys.readouterr().err.count("policy='wran'") == 1


def test_an_error_of_a_dag_file_has_the_authors_line_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As lint reports it."""
    file = tmp_path / "broken.py"
    file.write_text("from airflow import DAG\n\nimport no_such_module\n", encoding="utf-8")
    assert main(["render", str(file)]) == 1
    assert capsys.readouterr().err == (
        f"{file}:3: ModuleNotFoundError: No module named 'no_such_module'\n0 tasks in 1 file: 1 problem\n"
    )
