"""Commands load DAG files as Airflow does: from the folder of DAGs, by absolute paths."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airflow_provider_k8sexec._compat import list_dag_files, load_dag_bag
from airflow_provider_k8sexec.cli import main

FILE = """
import os

import pendulum
from airflow import DAG
from {module} import DAG_ID

from airflow_provider_k8sexec import k8s_config

assert os.path.isabs(__file__), __file__
with DAG(DAG_ID, schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    pass
k8s_config(cpu=1)
"""


@pytest.fixture
def project(tmp_path, monkeypatch, request):
    """Make a project whose DAG imports a module of a folder, and stand in it."""
    monkeypatch.chdir(tmp_path)

    def make(file, module_folder):
        # Python keeps what it has imported, so each test imports another module.
        module = f"shared_{abs(hash(request.node.name))}"
        for folder in (tmp_path / file).parent, tmp_path / module_folder:
            folder.mkdir(parents=True, exist_ok=True)
        (tmp_path / module_folder / f"{module}.py").write_text("DAG_ID = 'found'", encoding="utf-8")
        (tmp_path / file).write_text(FILE.format(module=module), encoding="utf-8")

    return make


@pytest.mark.parametrize(
    ("given", "file", "module_folder", "configured"),
    [
        ("a.py", "a.py", ".", None),
        ("flows", "flows/a.py", "flows", None),
        ("flows/a.py", "flows/a.py", "flows", None),
        ("dags/team/a.py", "dags/team/a.py", "dags", None),
        ("dags/team", "dags/team/a.py", "dags", None),
        ("flows/team/a.py", "flows/team/a.py", "flows", "flows"),
        ("flows/dags/a.py", "flows/dags/a.py", "flows", "flows"),
    ],
)
def test_a_dag_file_imports_modules_of_the_folder_of_dags(  # noqa: PLR0913  # a table
    *, given, file, module_folder, configured, project, tmp_path, monkeypatch
):
    """That of the site, else one called dags, else the one given; Airflow has it on ``sys.path``, too."""
    if configured:
        monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / configured))
    project(file, module_folder)
    before = [*sys.path]
    bag = load_dag_bag(given)
    assert bag.import_errors == {}
    assert [*bag.dags] == ["found"]
    assert sys.path == before


def test_airflows_own_examples_are_in_no_other_folder(project, monkeypatch):
    """With nothing set, Airflow 2 adds its examples to every folder, and even to a file."""
    monkeypatch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "True")
    project("flows/a.py", "flows")
    assert [Path(file).name for file in list_dag_files("flows")] == ["a.py"]
    assert [Path(file).name for file in list_dag_files("flows/a.py")] == ["a.py"]


def test_a_module_of_another_folder_is_not_found(project):
    """What Airflow would not find either is an import error."""
    project("flows/team/a.py", "flows")
    (error,) = load_dag_bag("flows/team/a.py").import_errors.values()
    assert "No module named 'shared_" in error


def test_reports_name_files_as_they_are_from_the_current_folder(project, tmp_path, capsys):
    """An absolute path is how a file is loaded, and not what people read."""
    project("dags/a.py", "dags")
    with (tmp_path / "dags/a.py").open("a", encoding="utf-8") as file:
        file.write("k8s_config(memory=512)\n")
    assert main(["lint", "dags/a.py"]) == 1
    printed = capsys.readouterr().out
    assert "dags/a.py:14" in printed
    assert str(tmp_path) not in printed
