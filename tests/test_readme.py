"""The README is true: its program runs as pasted, its pod is printed so, its commands are those of CI."""

from __future__ import annotations

import os
import re
import shutil

import pytest
from airflow import __version__ as airflow_version
from doc_pages import PAGES, ROOT, blocks_of
from processes import run_airflow

from airflow_provider_k8sexec import __version__
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context

README = PAGES["README.md"]
(PROGRAM,) = (block.text for block in blocks_of("README.md", "python"))
(POD,) = (block.text for block in blocks_of("README.md", "yaml"))
NO_TEMPLATE = "Warning: [kubernetes_executor] pod_template_file is not set"


def nothing_set() -> list[str]:
    """List the variables that tests set, and a new machine has not."""
    return [name for name in os.environ if name.startswith(("AIRFLOW__", "KUBERNETES_"))]


def test_the_program_of_the_readme_yields_the_pod_below_it(tmp_path, monkeypatch, capsys):
    """On a machine with nothing set, it is what `k8sexec render` prints, to the letter, and without noise."""
    for variable in nothing_set():
        monkeypatch.delenv(variable)
    forget_context()
    file = tmp_path / "daily_report.py"
    file.write_text(PROGRAM, encoding="utf-8")
    assert main(["render", str(file)]) == 0
    printed = capsys.readouterr()
    assert printed.out == POD.replace("airflow_version: '3.3.2'", f"airflow_version: '{airflow_version}'")
    *warnings, summary = printed.err.splitlines()
    assert summary == "1 task in 1 file: no problems"
    assert [warning.partition(":")[0] for warning in warnings] == ["Warning"]
    assert warnings[0].startswith(NO_TEMPLATE)


@pytest.mark.once_a_line
def test_the_program_of_the_readme_runs_locally(tmp_path, empty_database):
    """`airflow dags test` runs it from the folder of DAGs, and this package has nothing to say of it."""
    shutil.copy(empty_database, tmp_path / "airflow.db")
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/daily_report.py").write_text(PROGRAM, encoding="utf-8")
    environ = dict.fromkeys(nothing_set()) | {"AIRFLOW_HOME": str(tmp_path), "PYTHONWARNINGS": None}
    run = run_airflow("dags", "test", "daily_report", **environ)
    output = run.stdout + run.stderr
    assert run.returncode == 0, output
    assert "Done. Returned value was: half a core is enough" in output
    ours = [line for line in output.splitlines() if re.search(r"k8sexec|SpecWarning|UnappliedWarning", line)]
    assert ours == []


def test_ci_runs_the_two_commands_of_the_readme():
    """What the README promises of a clean clone is what CI runs there, word by word."""
    (commands,) = (block for block in blocks_of("README.md", "sh") if "make" in block.text)
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    for command in commands.text.splitlines():
        assert command.partition("#")[0].strip() in ci


def test_the_readme_names_files_that_are_there():
    """What a reader copies into a shell or a Dockerfile is of this version."""
    (wheel,) = set(re.findall(r"airflow_provider_k8sexec-\S+\.whl", README))
    assert wheel == f"airflow_provider_k8sexec-{__version__}-py3-none-any.whl"
    for file in re.findall(r"--constraint (\S+)", README):
        assert (ROOT / file).is_file()


def test_the_readme_can_be_read_in_a_minute():
    """It has at most 100 lines, one picture and three links."""
    assert len(README.splitlines()) <= 100
    assert len(re.findall(r"!\[[^\]]+\]\(", README)) == 1
    assert len(re.findall(r"(?<!!)\[[^\]]+\]\(", README)) == 3


def test_make_demo_shows_pods_without_noise(monkeypatch, capsys):
    """Its commands end well, and all that they print beside their result is the summary."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.search(r"^demo:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    settings = re.findall(r"(AIRFLOW__\w+)=(\S+)", makefile.partition("DEMO :=")[2].partition("$(BIN)")[0])
    for name, value in settings:
        monkeypatch.setenv(name, value.replace("$(CURDIR)", str(ROOT)))
    forget_context()
    names = re.search(r"^DEMO_FILES := .*,(.*)\)$", makefile, re.MULTILINE)[1].split()
    files = " ".join(f"{ROOT}/example_dags/example_{name}.py" for name in names)
    commands = re.findall(r"@\$\(DEMO\) (.*)", recipe.replace("$(DEMO_FILES)", files))
    assert len(commands) == 2
    monkeypatch.chdir(ROOT)
    for command in commands:
        assert main(command.split()) == 0
        printed = capsys.readouterr()
        assert re.fullmatch(r"\d+ tasks? in \d+ files?: no problems\n", printed.err)
        assert "demo-env" in printed.out
