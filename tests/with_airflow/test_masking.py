"""The values of declared secrets reach Airflow's secrets masker when the DAG file is loaded."""

from __future__ import annotations

import pytest
from airflow_lines import AIRFLOW_3, new_dag

from airflow_provider_k8sexec import K8sBashOperator, Secret, k8s_config, k8s_task

if AIRFLOW_3:
    from airflow.sdk._shared.secrets_masker import _secrets_masker, redact
else:
    from airflow.utils.log.secrets_masker import _secrets_masker, redact

VALUE = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def _forgetful_masker():
    """Let the masker forget what a test has told it."""
    masker = _secrets_masker()
    patterns, replacer = set(masker.patterns), masker.replacer
    yield
    masker.patterns, masker.replacer = patterns, replacer


def is_hidden(value=VALUE):
    """Tell whether Airflow would hide the value in a log."""
    return redact(f"before {value} after") == "before *** after"


def do_something():
    return None


DECLARE = {
    "k8s_task": lambda *secrets: k8s_task(secrets=secrets)(do_something)(),
    "mapped k8s_task": lambda *secrets: k8s_task(secrets=secrets)(lambda x: x).expand(x=[1]),
    "K8sBashOperator": lambda *secrets: K8sBashOperator(task_id="it", bash_command="true", secrets=secrets),
    "mapped K8sBashOperator": lambda *secrets: K8sBashOperator.partial(task_id="it", secrets=secrets).expand(
        bash_command=["true"]
    ),
    "k8s_config": lambda *secrets: k8s_config(secrets=secrets),
}


@pytest.mark.parametrize("declare", DECLARE.values(), ids=DECLARE.keys())
def test_the_value_of_a_declared_variable_is_hidden(declare, monkeypatch):
    """Where the secret's variable is present, its value is hidden as soon as the task is declared."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    assert not is_hidden()
    with new_dag():
        declare("MY_SECRET")
    assert is_hidden()


def test_the_variable_that_the_secret_names_is_the_one(monkeypatch):
    """Secret(key, env=...) is found in that variable, and not in one of the key's name."""
    monkeypatch.setenv("PGPASSWORD", VALUE)
    monkeypatch.setenv("DB_PASSWORD", "something-else")
    k8s_config(secrets=[Secret("DB_PASSWORD", env="PGPASSWORD")])
    assert is_hidden()
    assert not is_hidden("something-else")


def test_secrets_of_default_args_are_hidden(monkeypatch):
    """A secret that the DAG declares for all its tasks is hidden as well."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    with new_dag(default_args={"secrets": ["MY_SECRET"]}):
        k8s_task(do_something)()
    assert is_hidden()


@pytest.mark.parametrize("ending", ["", "\n"])
def test_the_content_of_a_secret_file_is_hidden(ending, tmp_path):
    """A secret that is mounted as a file is hidden, with or without the line's end."""
    file = tmp_path / "key"
    file.write_text(VALUE + ending, encoding="utf-8")
    k8s_config(secrets=[Secret("KEY", file=str(file))])
    assert is_hidden()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00binary"])
def test_a_file_that_is_no_text_does_no_harm(content, tmp_path):
    """A secret's file that is missing, empty or binary leaves the task as it is, and the masker too."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    before = set(_secrets_masker().patterns)
    assert k8s_config(secrets=[Secret("KEY", file=str(file))])
    assert _secrets_masker().patterns == before


def test_what_is_not_there_does_no_harm(monkeypatch):
    """Outside a worker the variable is not there, or empty, and nothing is hidden."""
    monkeypatch.delenv("MY_SECRET", raising=False)
    monkeypatch.setenv("ANOTHER", "")
    before = set(_secrets_masker().patterns)
    k8s_config(secrets=["MY_SECRET", "ANOTHER"])
    assert _secrets_masker().patterns == before


def test_variables_that_nobody_declared_secret_are_not_hidden(monkeypatch):
    """A literal of env_vars, and a variable that no task asks for, stay readable."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    monkeypatch.setenv("LEVEL", "debugging-level")
    k8s_config(env_vars={"LEVEL": "debugging-level"})
    assert not is_hidden()
    assert not is_hidden("debugging-level")


def test_a_worker_without_a_release_hides_the_value(monkeypatch):
    """In a worker pod that knows no release, where the secret's name does not matter, its value is hidden."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.setenv("MY_SECRET", VALUE)
    with new_dag():
        k8s_task(secrets=["MY_SECRET"])(do_something)()
    assert is_hidden()
