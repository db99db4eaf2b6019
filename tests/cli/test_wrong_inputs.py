"""Whatever a user gives a command, the answer names it and what to do; ``pytest -rP`` prints them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from processes import run_python
from wrong_inputs import AS_PROCESSES, IN_PROCESS, Wrong, write_files

from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "import sys; from airflow_provider_k8sexec.cli import main; sys.exit(main())"


def name_case(wrong: object) -> str:
    """Name a case by its words and variables."""
    assert isinstance(wrong, Wrong)
    return " ".join([*(f"{name}={text}" for name, text in wrong.environ.items()), wrong.command])[:90]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of the files that the inputs name."""
    folder = tmp_path_factory.mktemp("wrong")
    write_files(folder)
    return folder


def check_answer(wrong: Wrong, here: Path, status: object, answer: str) -> None:
    """Check that an answer names the value and the remedy, and print it for whoever asks."""
    print(f"$ {name_case(wrong)}\n{answer.replace(str(here), '.')}")  # noqa: T201  # for -rP
    assert status in {1, 2}
    assert "Traceback" not in answer
    assert wrong.named.replace("{here}", str(here)) in answer
    assert wrong.remedy in answer


@pytest.mark.parametrize("wrong", IN_PROCESS, ids=name_case)
def test_a_wrong_input_is_named_with_what_to_do(
    wrong: Wrong, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback; the value, the reason and the remedy; a status that CI stops at."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT", "0.5")
    for name, text in wrong.environ.items():
        monkeypatch.setenv(name, text.replace("{here}", str(here)))
    forget_context()
    try:
        status: object = main(wrong.command.split())
    except SystemExit as stop:  # argparse's own
        status = stop.code
    output = capsys.readouterr()
    check_answer(wrong, here, status, output.err + output.out)


@pytest.mark.once_a_line
@pytest.mark.parametrize("wrong", AS_PROCESSES, ids=name_case)
def test_a_wrong_environment_is_named_with_what_to_do(wrong: Wrong, here: Path) -> None:
    """Where Airflow itself does not start, the command still ends in a sentence."""
    environ = {name: text.replace("{here}", str(here)) for name, text in wrong.environ.items()}
    words = wrong.command.replace("good.py", str(here / "good.py")).split()
    run = run_python("-c", COMMAND, *words, **environ)
    check_answer(wrong, here, run.returncode, run.stderr + run.stdout)


def test_there_are_fifty() -> None:
    """The table covers words, paths, contents, sites and environments."""
    assert len({*map(name_case, [*IN_PROCESS, *AS_PROCESSES])}) >= 50
