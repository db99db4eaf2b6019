"""The example DAGs load everywhere, stay small, and yield the pods that stand beside the tests."""

from __future__ import annotations

import ast

import pytest
import yaml
from golden_pods import EXAMPLES, GOLDEN, render_example, write_golden_pods

from airflow_provider_k8sexec._compat import load_dag_bag

FILES = sorted(EXAMPLES.glob("*.py"))
MOST_LINES = 40

each_example = pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])


def lines_of_code(text):
    """Count the lines that hold code: neither blank, nor a comment, nor of the module's docstring."""
    docstring = ast.parse(text).body[0]
    rest = text.splitlines()[docstring.end_lineno :]
    return len([line for line in rest if line.strip() and not line.strip().startswith("#")])


def test_the_folder_of_examples_loads_at_once():
    """A DagBag of the whole folder has no import error, and a DAG for each file."""
    bag = load_dag_bag(str(EXAMPLES))
    assert bag.import_errors == {}
    assert len(bag.dags) == len(FILES)


@each_example
def test_an_example_documents_itself(file):
    """Each example has a docstring that its DAG shows as documentation."""
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")), clean=False)
    (dag,) = load_dag_bag(str(file)).dags.values()
    assert len(docstring.split()) > 10
    assert dag.doc_md.strip() == docstring.strip()


@each_example
def test_an_example_is_short(file):
    """An example shows one idea, in at most 40 lines of code."""
    assert lines_of_code(file.read_text(encoding="utf-8")) <= MOST_LINES


@each_example
def test_an_example_yields_its_golden_pods(file):
    """The pods of an example are those in golden/, which are written anew by golden_pods.py alone."""
    for dag_id, pods in render_example(file).items():
        golden = yaml.safe_load((GOLDEN / f"{dag_id}.yaml").read_text(encoding="utf-8"))
        assert pods == golden


def test_every_golden_file_belongs_to_an_example():
    """No pods are kept of an example that is gone."""
    dag_ids = set(load_dag_bag(str(EXAMPLES)).dags)
    assert {file.stem for file in GOLDEN.glob("*.yaml")} == dag_ids


def test_the_samples_of_the_seeds_are_among_the_examples():
    """The DAGs that Astronomer's pages teach stand among the examples under their own names."""
    dags = load_dag_bag(str(EXAMPLES)).dags
    resources = dags["example_kubernetes_executor_pod_override_sources"]
    assert {"resource_requirements_override_example", "bash_resource_requirements_override_example"} == set(
        resources.task_ids
    )
    assert "test-py-env" in dags["test-secret"].task_ids


def test_golden_pods_are_rewritten_by_one_command(tmp_path):
    """golden_pods.py writes the files that are kept, and removes what no example yields."""
    (tmp_path / "of_an_example_that_is_gone.yaml").write_text("{}", encoding="utf-8")
    write_golden_pods(tmp_path)
    written = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in tmp_path.iterdir()}
    kept = {file.name: yaml.safe_load(file.read_text(encoding="utf-8")) for file in GOLDEN.iterdir()}
    assert written == kept
