"""Mistakes as people see them: import errors of Airflow, which name DAG, task, value and remedy."""

from __future__ import annotations

import gc
import textwrap
import warnings

import pytest

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.exceptions import UnappliedWarning

DAG_FILE = """
import pendulum
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task
try:
    from airflow.sdk import DAG, TaskGroup
except ImportError:
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup

def load(x=0):
    return x

with DAG("etl", start_date=pendulum.datetime(2023, 1, 1), schedule=None, default_args={default_args}):
    with TaskGroup("nightly"):
        {task}
"""
TASKS = {
    "decorated": "k8s_task(task_id='load', {options})(load)()",
    "bash": "k8s_task.bash(task_id='load', {options})(load)()",
    "mapped": "k8s_task(task_id='load', {options})(load).expand(x=[1])",
    "classic": "K8sBashOperator(task_id='load', bash_command='true', {options})",
    "mapped classic": "K8sBashOperator.partial(task_id='load', {options}).expand(bash_command=['true'])",
}


def load(tmp_path, options="", task="decorated", default_args="{}"):
    """Load a DAG file of one task with these options, and give the import error, if there is one."""
    file = tmp_path / "etl.py"
    text = DAG_FILE.format(task=TASKS[task].format(options=options), default_args=default_args)
    file.write_text(text, encoding="utf-8")
    bag = load_dag_bag(str(file))
    assert set(bag.import_errors) <= {str(file)}
    assert set(bag.dags) == set() if bag.import_errors else {"etl"}
    return next(iter(bag.import_errors.values()), None)


def last_lines(error, count):
    """Give the end of an import error, which is what people read."""
    return error.strip().splitlines()[-count:]


@pytest.mark.parametrize("task", TASKS)
def test_a_wrong_value_is_an_import_error_that_names_all(tmp_path, task):
    """The error names task, group and DAG, the option with its value, and what to write instead."""
    head, problem = last_lines(load(tmp_path, "memory=512", task), 2)
    whose = "SpecError: 1 problem in the pod options of task 'nightly.load' of DAG 'etl'"
    assert head.endswith(f"{whose} ({tmp_path / 'etl.py'}, line 15):")
    assert problem == "  - memory=512 is 512 bytes; write memory='512Mi'."


@pytest.mark.parametrize("task", TASKS)
def test_all_mistakes_of_a_task_are_one_import_error(tmp_path, task):
    """Nobody corrects one mistake to be shown the next."""
    options = "memory=512, cpu='500Mi', memroy='1Gi', env_vars={'A=B': 'x'}"
    lines = last_lines(load(tmp_path, options, task), 5)
    assert "4 problems in the pod options of task 'nightly.load' of DAG 'etl' (" in lines[0]
    assert [line.partition("=")[0].strip("- ").partition("[")[0] for line in lines[1:]] == [
        "memroy",
        "memory",
        "env_vars",
        "cpu",
    ]


@pytest.mark.parametrize("task", TASKS)
def test_a_mistake_in_default_args_names_the_place(tmp_path, task):
    """A wrong value of default_args is told with the task that it hits, and the place where it stands."""
    _, problem = last_lines(load(tmp_path, "", task, "{'memory': 512}"), 2)
    assert problem == "  - default_args of the DAG: memory=512 is 512 bytes; write memory='512Mi'."


def test_a_mistake_in_k8s_config_is_an_import_error(tmp_path):
    """k8s_config(...) knows no task; the traceback shows its line."""
    error = load(tmp_path, default_args="{'executor_config': k8s_config(cpu='500Mi')}")
    assert f"1 problem in the pod options ({tmp_path / 'etl.py'}, line 13):" in error
    assert "k8s_config(cpu='500Mi')" in error


def test_a_mistake_in_a_hand_written_executor_config_is_an_import_error(tmp_path):
    """The form of Airflow 1 and a misspelt key are told before the executor fails on them or ignores them."""
    legacy = load(tmp_path, "executor_config={'KubernetesExecutor': {'request_memory': '1Gi'}}")
    assert "executor_config['KubernetesExecutor'] is the form of Airflow 1" in legacy
    misspelt = load(tmp_path, "executor_config={'pod_overide': {}}")
    assert "write 'pod_override'." in misspelt


NOT_OF_EXECUTORS = "ignore::airflow_provider_k8sexec.exceptions.UnappliedWarning"
"""Where no KubernetesExecutor is set, that pod options do nothing is a warning as well."""

DEPLOYMENTS = {
    "a pod": {"KUBERNETES_SERVICE_HOST": "10.0.0.1"},
    "its executor": {"AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor"},
    "one of its executors": {"AIRFLOW__CORE__EXECUTOR": "LocalExecutor,KubernetesExecutor"},
}
LOCAL = {
    "nothing set": {},
    "a platform to check for": {"AIRFLOW__K8SEXEC__PLATFORM": "software"},
    "another executor": {"AIRFLOW__CORE__EXECUTOR": "LocalExecutor"},
}


def set_environment(monkeypatch, environ):
    """Set what Airflow finds in the environment, without a release."""
    for variable in ("AIRFLOW__K8SEXEC__RELEASE_NAME", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environ.items():
        monkeypatch.setenv(variable, value)


@pytest.mark.parametrize("environ", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_in_a_deployment_an_unknown_release_is_an_import_error(tmp_path, environ, monkeypatch):
    """A container of Kubernetes and a KubernetesExecutor show a deployment, whose pods need the secret."""
    set_environment(monkeypatch, environ)
    assert "the release name is unknown" in load(tmp_path, "secrets=['MY_SECRET']")


@pytest.mark.filterwarnings(NOT_OF_EXECUTORS)
@pytest.mark.parametrize("environ", LOCAL.values(), ids=LOCAL)
def test_without_a_deployment_an_unknown_release_is_one_warning(tmp_path, environ, monkeypatch):
    """On a laptop the DAG loads; one warning for all tasks of the process names placeholder and fix."""
    set_environment(monkeypatch, environ)
    with pytest.warns(UserWarning, match="release name is unknown") as caught:
        assert load(tmp_path, "secrets=['MY_SECRET']") is None
    found = [warning.message for warning in caught if not isinstance(warning.message, UnappliedWarning)]
    (message,) = set(map(str, found))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UnappliedWarning)
        assert load(tmp_path, "secrets=['ANOTHER']", "classic") is None
    assert "refer to the secret 'release-not-set-env'" in message
    assert message.endswith("; set AIRFLOW__K8SEXEC__RELEASE_NAME=<release>.")


@pytest.mark.parametrize("task", TASKS)
def test_an_unknown_release_is_an_import_error_that_says_where_it_was_looked_for(tmp_path, task, monkeypatch):
    """Where secrets are requested and no release can be found, the error names task, places and remedies."""
    set_environment(monkeypatch, DEPLOYMENTS["a pod"])
    error = load(tmp_path, "secrets=['MY_SECRET']", task)
    whose = f"DeploymentError: task 'nightly.load' of DAG 'etl' ({tmp_path / 'etl.py'}, line 15): "
    assert f"{whose}Keys of the deployment's secret" in error
    for place in ("release_name", "AIRFLOW__KUBERNETES_SECRETS__", "execution_api_server_url", "base_url"):
        assert place in error
    assert len([line for line in last_lines(error, 3) if line.startswith("  - for ")]) == 3


@pytest.mark.filterwarnings(NOT_OF_EXECUTORS)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AIRFLOW__K8SEXEC__RELEASE_NAME", "infrared-photon-7780"),
        ("AIRFLOW__K8SEXEC__SECRET_NAME", "infrared-photon-7780-env"),
        ("AIRFLOW__KUBERNETES_SECRETS__MY_SECRET", "infrared-photon-7780-env=MY_SECRET"),
        (
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
            "http://api:8080/infrared-photon-7780/airflow/execution/",
        ),
    ],
)
def test_the_release_is_found_where_the_error_says(tmp_path, variable, value, monkeypatch):
    """Each of the places that the error lists is one where the release is found."""
    set_environment(monkeypatch, {**DEPLOYMENTS["a pod"], variable: value})
    assert load(tmp_path, "secrets=['MY_SECRET']") is None


@pytest.mark.parametrize("task", TASKS)
def test_a_worker_loads_the_dag_without_a_release(tmp_path, task, monkeypatch):
    """In a worker pod nobody asks which secret its pod was made with, so nothing fails there."""
    set_environment(monkeypatch, {**DEPLOYMENTS["a pod"], "AIRFLOW_IS_K8S_EXECUTOR_POD": "True"})
    assert load(tmp_path, "secrets=['MY_SECRET'], cpu=0.5", task) is None


def test_a_wrong_setting_of_the_site_is_an_import_error(tmp_path, monkeypatch):
    """A site that says something wrong is told so by every DAG file that uses the package."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__PLATFORM", "astron")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POD_OPTIONS", "cpu=1")
    error = load(tmp_path, "cpu=0.5")
    assert "[k8sexec] platform='astron'" in error
    assert "[k8sexec] pod_options, line 1, column" in error


def test_one_bad_file_spoils_no_other(tmp_path):
    """A folder with one mistake has one import error, and the other files' DAGs."""
    for name, options in {"bad": "memory=512", "good": "memory='512Mi'"}.items():
        text = DAG_FILE.format(task=TASKS["classic"].format(options=options), default_args="{}")
        (tmp_path / f"{name}.py").write_text(text.replace('"etl"', f'"{name}"'), encoding="utf-8")
    bag = load_dag_bag(str(tmp_path))
    assert set(bag.dags) == {"good"}
    assert set(bag.import_errors) == {str(tmp_path / "bad.py")}


MAPPED = {
    "mapped": ("k8s_task(task_id='load')(load).expand(memory=['1Gi'])", "k8s_task"),
    "mapped classic": ("K8sBashOperator.partial(task_id='load').expand(memory=['1Gi'])", "partial"),
}


@pytest.mark.parametrize(("task", "call"), MAPPED.values(), ids=MAPPED)
def test_a_mapped_pod_option_names_task_group_and_dag(tmp_path, task, call):
    """A task is named in one way, however it is made; the remedy is a call that its author has."""
    file = tmp_path / "etl.py"
    file.write_text(DAG_FILE.format(task=task, default_args="{}"), encoding="utf-8")
    head, problem = last_lines(load_dag_bag(str(file)).import_errors[str(file)], 2)
    gc.collect()  # Airflow warns of a task that was never mapped as it is deleted
    assert f"task 'nightly.load' of DAG 'etl' ({file}, line 15):" in head
    of_lists = "of a list that from_xcom('task_id') reads, each instance has its own value."
    assert problem.endswith(f"write {call}(memory=...); {of_lists}")


def test_the_error_has_no_traceback_of_ours_behind_it(tmp_path):
    """The import error is one traceback that ends with the problems, no chain of errors."""
    error = load(tmp_path, "memory=512, cpu='500Mi'")
    assert "During handling" not in error
    assert "direct cause" not in error
    assert error.count("Traceback") == 1


def test_no_error_shows_a_value_that_may_be_a_secret(tmp_path):
    """A literal among env_vars may be a password: no error shows it."""
    error = load(tmp_path, "env_vars={'A=B': 'hunter2'}, memory=512")
    assert "A=B" in error
    assert "hunter2" not in textwrap.dedent("\n".join(last_lines(error, 3)))


def test_the_value_of_a_misspelt_option_is_not_shown_where_it_may_be_a_password(tmp_path):
    """Names of secrets yes, values never: not of what was meant as variables either."""
    error = load(tmp_path, "env_var={'PASSWORD': 'hunter2'}")
    assert "env_var" in error
    assert "write env_vars=..." in error
    assert "hunter2" not in error.rpartition("SpecError")[2]
