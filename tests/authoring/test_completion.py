"""What editors complete: the pod options in every call that takes them, by jedi itself."""

from __future__ import annotations

import inspect
import pydoc
import sys

import pytest
from doc_pages import ROOT

from airflow_provider_k8sexec import (
    K8sBashOperator,
    K8sPodOperator,
    K8sPythonOperator,
    k8s_config,
    k8s_operator,
    k8s_task,
)
from airflow_provider_k8sexec._compat import load_operator
from airflow_provider_k8sexec.options.option_texts import read_option_texts
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS

PROGRAM = """\
from airflow_provider_k8sexec import (
    K8sBashOperator, K8sPodOperator, K8sPythonOperator, k8s_config, k8s_operator, k8s_pod_operator, k8s_task,
)
from operators_of_the_site import SiteOperator, SitePodOperator
Site, SitePod = k8s_operator(SiteOperator), k8s_pod_operator(SitePodOperator)
@k8s_task(cpu=1)
def extract(x: int) -> int: return x
@k8s_task
def bare(x: int) -> int: return x
@k8s_task.bash(cpu=1)
def shell() -> str: return ""
"""
CALLS = [
    "k8s_task(",
    "k8s_task(cpu=1, ",
    "k8s_task.bash(",
    "k8s_task.branch(",
    "k8s_task.virtualenv(",
    "k8s_task.sensor(",
    "k8s_task.kubernetes(",
    "k8s_task.docker(",
    "k8s_config(",
    "extract.override(",
    "bare.override(",
    "shell.override(",
    "K8sBashOperator(",
    "K8sBashOperator.partial(",
    "K8sPythonOperator(",
    "K8sPythonOperator.partial(",
    "K8sPodOperator(",
    "K8sPodOperator.partial(",
    "Site(",
    "Site.partial(",
    "SitePod(",
]


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """Give what jedi completes at the end of a program, and the parameters that it shows there."""
    import jedi

    folder = tmp_path_factory.mktemp("editor")
    (folder / "operators_of_the_site.py").write_text(
        "class SiteOperator:\n    def __init__(self, **kwargs): ...\nSitePodOperator = SiteOperator\n"
    )
    project = jedi.Project(folder, sys_path=[str(folder), str(ROOT), *sys.path])
    environment = jedi.InterpreterEnvironment()

    def complete(program):
        script = jedi.Script(program, path=folder / "dag.py", project=project, environment=environment)
        shown = {parameter.name for item in script.get_signatures() for parameter in item.params}
        return {item.name.removesuffix("=") for item in script.complete()}, shown

    return complete


@pytest.mark.once_a_line
@pytest.mark.parametrize("call", CALLS)
def test_an_editor_completes_the_options_of_a_call(call, complete):
    """Whoever types a call in an editor with jedi finds each option, in the list and in the hint."""
    completed, shown = complete(PROGRAM + call)
    assert completed >= POD_OPTIONS - {"cpu"}
    assert shown >= POD_OPTIONS


@pytest.mark.once_a_line
def test_an_editor_completes_the_flavours(complete):
    """They are attributes that the type of k8s_task lists."""
    assert complete(PROGRAM + "k8s_task.")[0] >= {"bash", "branch", "kubernetes", "sensor", "virtualenv"}


DECORATORS = {"k8s_task": k8s_task, "k8s_task.bash": k8s_task.bash}
SHOWN = {
    **DECORATORS,
    "k8s_config": k8s_config,
    "K8sBashOperator": K8sBashOperator,
    "K8sPythonOperator": K8sPythonOperator,
    "K8sPodOperator": K8sPodOperator,
}


@pytest.mark.parametrize("name", DECORATORS)
def test_help_shows_each_option_with_its_type_and_meaning(name):
    """Whoever asks in a terminal or a notebook reads what the reference has."""
    text = " ".join(pydoc.render_doc(DECORATORS[name], renderer=pydoc.plaintext).replace("|", " ").split())
    for option, described in read_option_texts().items():
        meaning = described.meaning.replace("``", "`")
        assert " ".join(f"{option}: {described.type} {meaning}".replace("|", " ").split()) in text


@pytest.mark.parametrize("name", SHOWN)
def test_a_signature_has_each_option(name):
    """What reads signatures, such as a notebook, finds the options by their names and types."""
    parameters = inspect.signature(SHOWN[name]).parameters
    assert parameters.keys() >= POD_OPTIONS
    assert parameters["gpu"].annotation == read_option_texts()["gpu"].type
    assert parameters["memory"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", [name for name in SHOWN if name.startswith("K8s")])
def test_the_help_of_an_operator_names_where_the_options_are_described(name):
    """Python shows the docstring of a class as it is, and that of k8s_task as it is made when it is read."""
    assert "``help(k8s_task)``" in pydoc.render_doc(SHOWN[name])
    assert "``help(k8s_task)``" in pydoc.render_doc(k8s_config)


def test_a_signature_has_the_operators_own_arguments_first():
    """They are Airflow's, with their types and defaults."""
    names = [*inspect.signature(K8sBashOperator).parameters]
    own = [*inspect.signature(load_operator("bash", "BashOperator").__init__).parameters][1:-1]
    assert names[: len(own)] == own
    assert names[-1] == "kwargs"


def test_a_subclass_has_the_signature_of_its_own_constructor():
    """A site's operator has arguments of its own."""

    class Own(k8s_operator(load_operator("bash", "BashOperator"))):
        def __init__(self, *, warehouse, **kwargs):
            super().__init__(bash_command=warehouse, **kwargs)

    assert next(iter(inspect.signature(Own).parameters)) == "warehouse"


def test_options_of_default_args_are_not_taken_for_arguments():
    """Airflow fills what a constructor's own signature names from default_args: the shown one is another."""
    task = K8sBashOperator(
        task_id="load", bash_command="true", default_args={"memory": "1Gi", "cpu": 1}, cpu=2
    )
    base = task.executor_config["pod_override"].spec.containers[0]
    assert base.resources.requests == {"cpu": "2", "memory": "1Gi"}
