"""Arguments that no operator takes: what the author reads of them, as real Airflow loads a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_k8sexec import (
    EmptyDir,
    K8sBashOperator,
    K8sPodOperator,
    K8sPythonOperator,
    Secret,
    SpecError,
    k8s_config,
    k8s_operator,
    k8s_pod_operator,
    k8s_task,
)
from airflow_provider_k8sexec._compat import load_dag_bag, load_operator
from airflow_provider_k8sexec.authoring.author import find_author
from airflow_provider_k8sexec.authoring.misread import explain_import_error
from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BashOperator = load_operator("bash", "BashOperator")
WORDS = {
    "mem": "write memory=...",
    "request_memory": "write memory=...",
    "limits": "write cpu=... and memory=...",
    "container_resources": "write cpu=... and memory=...",
    "enviroment": "write env_vars=...",
    "memmory": "write memory=...",
    "service_account": "write service_account_name=...",
}


def plain() -> None:
    """Do nothing."""


MAKERS: dict[str, Callable[..., Any]] = {
    "k8s_task": lambda **given: k8s_task(**given)(plain)(),
    "k8s_task.bash": lambda **given: k8s_task.bash(**given)(lambda: "true")(),
    "k8s_task.kubernetes": lambda **given: k8s_task.kubernetes(image="a", **given)(plain)(),
    "expand": lambda **given: k8s_task(**given)(lambda x: x).expand(x=[1]),
    "K8sBashOperator": lambda **given: K8sBashOperator(task_id="t", bash_command="true", **given),
    "K8sPythonOperator": lambda **given: K8sPythonOperator(task_id="t", python_callable=plain, **given),
    "k8s_operator": lambda **given: k8s_operator(BashOperator)(task_id="t", bash_command="true", **given),
    "partial": lambda **given: K8sBashOperator.partial(task_id="t", **given),
    "K8sPodOperator": lambda **given: K8sPodOperator(task_id="t", **given),
    "k8s_config": lambda **given: k8s_config(**given),
    "default_args": lambda **given: K8sBashOperator(task_id="t", bash_command="true", default_args=given),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_words_of_other_tools_are_answered_with_the_option_everywhere(maker: str) -> None:
    """All of them at once, each with what to write, and no value that may be a password."""
    starts_pod = maker in {"K8sPodOperator", "k8s_task.kubernetes"}
    own = {"container_resources"} if starts_pod else set[str]()
    words = {word: remedy for word, remedy in WORDS.items() if word not in own}
    with pytest.raises(SpecError, match=f"{len(words)} problems in the pod options") as refused:
        MAKERS[maker](**{word: {"A": "hunter2"} for word in words})
    problems = {problem.field.rpartition(": ")[2]: problem for problem in refused.value.problems}
    assert {name: problem.remedy for name, problem in problems.items()} == words
    assert "hunter2" not in str(refused.value)


OPERATORS = [
    "k8s_task",
    "k8s_task.bash",
    "K8sBashOperator",
    "K8sPythonOperator",
    "k8s_operator",
    "K8sPodOperator",
]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("foo", "remove it"), ("env", "write env_vars=..."), ("retrys", "write retries=...")],
)
@pytest.mark.parametrize("maker", [*OPERATORS, "partial"])
def test_what_airflow_refuses_is_refused_by_name(maker: str, name: str, remedy: str) -> None:
    """Airflow's own error names a class of its inside, and shows the value."""
    if name == "env" and maker not in {"K8sPythonOperator", "K8sPodOperator", "k8s_task"}:
        pytest.skip("an operator of bash has an argument of this name")
    with pytest.raises(SpecError, match="is neither a pod option nor an argument of the operator") as refused:
        MAKERS[maker](**{name: {"A": "hunter2"}})
    (problem,) = refused.value.problems
    assert (problem.field, problem.value, problem.remedy) == (name, "<dict>", remedy)
    assert refused.value.location[0] == __file__


def test_a_missing_argument_and_its_misspelt_form_are_named() -> None:
    """Airflow says only that one is missing."""
    with pytest.raises(SpecError, match=r"bash_comand=<str> .*write bash_command=\.\.\.") as refused:
        K8sBashOperator(task_id="t", bash_comand="true")  # type: ignore[call-arg]
    assert len(refused.value.problems) == 1
    with pytest.raises(SpecError, match="bash_command is missing, and the operator requires it"):
        K8sBashOperator(task_id="t")  # type: ignore[call-arg]


def test_another_error_of_airflow_stays_as_it_is() -> None:
    """This package explains arguments alone."""
    with pytest.raises(Exception, match="has to be made of alphanumeric characters"):
        K8sBashOperator(task_id="a b", bash_command="true")


class Client:
    """What an operator of an author makes of its arguments, with an error of its own."""

    def __init__(self, *, connection: str) -> None:
        """Take a connection."""


class BrokenOperator(BashOperator):
    """An operator of an author, whose constructor has an error."""

    def __init__(self, *, conn_id: str, **kwargs: Any) -> None:
        super().__init__(bash_command="true", **kwargs)
        Client(conn_id=conn_id)  # type: ignore[call-arg]


class UnreadOperator(BashOperator):
    """An operator of an author, which hands an argument of its own on to a class that does not take it."""

    def __init__(self, *, conn_id: str, **kwargs: Any) -> None:
        super().__init__(bash_command="true", conn_id=conn_id, **kwargs)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: k8s_operator(BrokenOperator)(task_id="t", conn_id="a", cpu=1),
            r"Client\.__init__\(\) got an unexpected keyword argument 'conn_id'",
        ),
        (
            lambda: k8s_operator(UnreadOperator)(task_id="t", conn_id="a", cpu=1),
            "Invalid arguments were passed",
        ),
        (lambda: k8s_task(retries=1)(plain)(retries=2), "got an unexpected keyword argument 'retries'"),
    ],
)
def test_an_error_inside_an_operator_or_of_a_call_is_not_blamed_on_its_arguments(
    make: Callable[[], Any], message: str
) -> None:
    """The operator takes what it was given, so the author needs the error as it is."""
    with pytest.raises(Exception, match=message) as raised:
        make()
    assert not isinstance(raised.value, SpecError)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: k8s_operator("bash"),
            r"k8s_operator\('bash'\) is no operator class; write k8s_operator\(BashO",
        ),
        (lambda: k8s_operator(None), r"k8s_operator\(None\) is no operator class"),
        (lambda: k8s_operator(dict), r"is no operator class"),
        (lambda: k8s_pod_operator(7), r"k8s_pod_operator\(7\) is no operator class"),
        (
            lambda: k8s_operator(BashOperator(task_id="t", bash_command="true")),
            r"is a task, and no operator class; write k8s_operator\(BashOperator\)\(task_id=",
        ),
        (lambda: Secret(), r"key is missing, and Secret requires it; write Secret\(key=...\)"),
        (lambda: EmptyDir("1Gi", "Memory", 1, 2, 3, 4), "is one value too many"),
        (
            lambda: k8s_task(plain_called)(memory="1Gi"),
            "memory is a pod option, and no argument of the decorated",
        ),
        (
            lambda: k8s_task(plain_called).partial(memory="1Gi"),
            "memory is a pod option, and no argument of the decorated",
        ),
    ],
)
def test_a_wrong_argument_of_a_public_function_is_a_sentence(make: Callable[[], Any], message: str) -> None:
    """No error of Python's inside this package, but what was given and what to write."""
    with pytest.raises(SpecError, match=message):
        make()


def plain_called() -> None:
    """Do nothing, too."""


def test_an_unknown_flavour_gets_a_candidate() -> None:
    """It stays an AttributeError, as ``hasattr`` needs it."""
    with pytest.raises(AttributeError, match=r"k8s_task\.bsh is unknown.*; write k8s_task\.bash\."):
        _ = k8s_task.bsh
    assert not hasattr(k8s_task, "nothing_of_the_kind")


@pytest.mark.parametrize("name", ["pyspark", "snowpark", "setup"])
def test_a_flavour_that_is_not_installed_is_no_candidate(name: str) -> None:
    """Not even for itself: the provider that has it is missing."""
    with pytest.raises(AttributeError, match=rf"k8s_task\.{name} is unknown.*; install the provider that it"):
        getattr(k8s_task, name)


@pytest.mark.parametrize(
    ("given", "explained"),
    [
        (
            "{'memory': '1Gi', 'foo': {'cpu': 1}}",
            "memory is no argument of this operator; write executor_config=",
        ),
        ("{'mem': '1Gi', 'env_vars': {'A': 'b'}}", "mem, env_vars are no arguments of this operator"),
        ("{'foo': {'memory': 1}}", None),
    ],
)
def test_an_import_error_of_airflows_own_operator_is_explained(given: str, explained: str | None) -> None:
    """Pod options of an operator that does not take them: the names at the top, not those inside values."""
    start = "Invalid arguments were passed to BashOperator (task_id: x). Invalid arguments were:"
    text = f"{start}\n**kwargs: {given}"
    problem = explain_import_error(text)
    assert str(problem).startswith(explained) if explained else problem is None


HEAD = """\
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import TaskGroup
except ImportError:
    from airflow.operators.bash import BashOperator
    from airflow.utils.task_group import TaskGroup
START = {"start_date": pendulum.datetime(2026, 1, 1), "schedule": None}
"""


def lint(path: Path, capsys: pytest.CaptureFixture[str], *lines: str) -> list[dict[str, Any]]:
    """Lint a file; the first of the lines is number 11."""
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    main(["lint", str(path), "-o", "json"])
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_lint_goes_on_after_arguments_that_airflow_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of a file in one run, in a task group as well, and the tasks are those that were meant."""
    found = lint(
        tmp_path / "etl.py",
        capsys,
        "with DAG('etl', **START):",
        "    K8sBashOperator(task_id='a', bash_command='true', foo=1, mem='1Gi')",
        "    with TaskGroup('g'):",
        "        K8sBashOperator(task_id='b', bash_comand='true')",
        "        @k8s_task(",
        "            foo=1,",
        "        )",
        "        def c(): ...",
        "        c(memory='1Gi')",
        "    K8sBashOperator.partial(task_id='d', foo=1).expand(bash_command=['true'])",
    )
    assert [(item["line"], item["task"], item["problem"].split()[0].partition("=")[0]) for item in found] == [
        (12, "etl.a", "mem"),
        (12, "etl.a", "foo"),
        (14, "etl.g.b", "bash_comand"),
        (15, "etl.g.c", "foo"),
        (19, "etl.g.c", "memory"),
        (20, "etl.d", "foo"),
    ]
    assert {item["code"] for item in found} == {"K8S101"}


def test_options_in_default_args_that_reach_no_task_are_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the DAG's line: what k8s_config makes, options that no operator takes, misspelt ones."""
    found = lint(
        tmp_path / "etl.py",
        capsys,
        "with DAG('whole', default_args=k8s_config(memory='1Gi'), **START):",
        "    BashOperator(task_id='a', bash_command='true')",
        "with DAG('lost', default_args={'memory': '1Gi', 'image': 'a', 'retries': 1}, **START):",
        "    BashOperator(task_id='a', bash_command='true')",
        "with DAG('misspelt', default_args={'mem': '1Gi', 'limits': {'A': 'hunter2'}}, **START):",
        "    K8sBashOperator(task_id='a', bash_command='true')",
        "with DAG('group', **START):",
        "    with TaskGroup('g', default_args={'cpu': 1}):",
        "        BashOperator(task_id='a', bash_command='true')",
        "with DAG('right', default_args={'memory': '1Gi', 'owner': 'a', 'mem_limit': 1}, **START):",
        "    K8sBashOperator(task_id='a', bash_command='true')",
        "    BashOperator.partial(task_id='b').expand(bash_command=['true'])",
        "with DAG('config', default_args={'executor_config': k8s_config(memory='1Gi')}, **START):",
        "    BashOperator(task_id='a', bash_command='true')",
    )
    lost, unknown = (
        "and no task of the DAG takes it",
        "is neither a pod option nor an argument of a task of the DAG",
    )
    told = [
        (11, "K8S708", "'whole': default_args: k8s_config(...) is what k8s_config makes, whose keys no "),
        (13, "K8S708", f"'lost': default_args: memory is a pod option, {lost}"),
        (15, "K8S101", f"'misspelt': default_args: mem='1Gi' {unknown}"),
        (15, "K8S101", f"'misspelt': default_args: limits=<dict> {unknown}"),
        (17, "K8S708", f"'group': default_args of the task group 'g': cpu is a pod option, {lost}"),
        (20, "K8S101", f"'right': default_args: mem_limit=1 {unknown}"),
    ]
    assert [(item["line"], item["code"]) for item in found] == [(line, code) for line, code, _ in told]
    for item, (_, _, problem) in zip(found, told, strict=True):
        assert item["problem"].startswith(f"DAG {problem}")


def test_what_default_args_may_have_for_operators_of_other_dags_is_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """DAGs share them: words that operators have for arguments, and options that are not set."""
    found = lint(
        tmp_path / "etl.py",
        capsys,
        "shared = {'env': {'A': 'b'}, 'environment': {}, 'docker_image': 'a', 'memory': None, 'mem': None}",
        "with DAG('shared', default_args=shared, **START):",
        "    @k8s_task(cpu=1)",
        "    def f(): ...",
        "    f()",
        "with DAG('unset', default_args={'memory': None}, **START):",
        "    BashOperator(task_id='a', bash_command='true')",
    )
    assert found == []


def test_an_import_error_names_where_the_options_of_a_function_are(tmp_path: Path) -> None:
    """Not the line far below that calls it, and none of this package's."""
    file = tmp_path / "etl.py"
    lines = ["with DAG('etl', **START):", "    @k8s_task(memory=512)", "    def f(): ...", "    f()"]
    file.write_text(HEAD + "\n".join(lines), encoding="utf-8")
    assert f"({file}, line 12)" in load_dag_bag(str(file)).import_errors[str(file)]


def test_the_script_of_a_command_is_no_author() -> None:
    """A DAG of an installed package is loaded by ``bin/airflow``, no line of an author."""
    installed: dict[str, Any] = {"__name__": "acme.dags", "find_author": find_author}
    exec(compile("def make(): return find_author()", "/v/site-packages/acme/dags.py", "exec"), installed)  # noqa: S102
    script: dict[str, Any] = {"__name__": "__main__", "make": installed["make"]}
    exec(compile("found = make()", "/home/airflow/.local/bin/airflow", "exec"), script)  # noqa: S102
    assert script["found"][0] == __file__
