"""Runs without a pod: what is declared as a secret is there, or the task ends before its code."""

from __future__ import annotations

import logging
import os
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow_lines import AIRFLOW_3, BashOperator, TaskGroup, new_dag
from processes import RUN_AS_WORKER, output_of, rows_of, run_airflow, run_python, trigger_dag

from airflow_provider_k8sexec import K8sBashOperator, K8sPodOperator, Secret, k8s_config
from airflow_provider_k8sexec._compat import load_fail_exception
from airflow_provider_k8sexec.authoring.local_runs import begin_local_run, end_local_run
from airflow_provider_k8sexec.plugin import listeners

NAMES = ("API_TOKEN", "DB_PASSWORD", "OF_THE_DAG", "ANY_OPERATOR", "MAPPED")
VALUES = {name: f"the-value-of-{name.lower()}" for name in NAMES}
NOTHING_SET = {"AIRFLOW__K8SEXEC__RELEASE_NAME": None, **dict.fromkeys(VALUES)}
PAGE = (Path(__file__).parents[2] / "docs/guides/local-development.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)[0].splitlines()
"""What the page tells to run where the secrets are in ``.env``."""
REMEDY = "; export {0}, or put it into .env."


@pytest.fixture(scope="module")
def local(installation):
    """Run the DAG by a plain dag.test() without its secrets, and by airflow dags test with them."""
    installed = installation("local_run.py")
    environ = {**NOTHING_SET, **installed.environ}
    if not AIRFLOW_3:  # Airflow 3's dag.test() serialises by itself
        output_of(run_airflow("dags", "reserialize", **environ))
    absent = run_python(installed.file, **environ)
    states = dict(rows_of(installed.home, "select task_id, state from task_instance"))
    lines = [f"{name}={value}\n" for name, value in VALUES.items()]
    (installed.home / ".env").write_text("".join(lines), encoding="utf-8")
    read_env = f'cd {installed.home} && {COMMANDS[0]} && exec "$@"'
    present = run_airflow(
        *COMMANDS[1].replace("daily_report", "local_run").split()[1:],
        enter=lambda command: ["/bin/sh", "-c", read_env, "sh", *command],
        **environ,
    )
    return SimpleNamespace(
        absent=absent.stdout + absent.stderr, states=states, present=present.stdout + present.stderr
    )


@pytest.mark.once_a_line
def test_a_local_run_lists_all_absent_secrets_of_a_task_before_its_code(local):
    """By dag.test(): those of the layers around any operator too, and no optional one."""
    assert "code:" not in local.absent.replace("echo code:", "")
    for task, names in {
        "shows": ["OF_THE_DAG", "API_TOKEN", "DB_PASSWORD"],
        "any_operator": ["OF_THE_DAG", "ANY_OPERATOR"],
        "mapped": ["OF_THE_DAG", "MAPPED"],
    }.items():
        _, _, report = local.absent.partition(f"task '{task}' of DAG 'local_run' (")
        lines = report.splitlines()[: len(names) + 1]
        assert lines[0].endswith(
            f"runs without a pod, where Kubernetes would provide its secrets; {len(names)} are absent here:"
        )
        assert [line.split()[1] for line in lines[1:]] == names
    assert "DB_PASSWORD is declared by secrets['db-password']" + REMEDY.format("DB_PASSWORD") in local.absent
    layer = "default_args of the DAG: secrets['OF_THE_DAG']"
    assert f"OF_THE_DAG is declared by {layer}" + REMEDY.format("OF_THE_DAG") in local.absent
    assert "SENTRY_DSN" not in local.absent


@pytest.mark.once_a_line
def test_a_task_with_an_absent_secret_is_not_tried_again(local):
    """Another try would wait for its delay and change nothing."""
    assert {*local.states.values()} == {"failed"}


@pytest.mark.once_a_line
def test_a_local_run_masks_what_is_logged_printed_and_raised(local):
    """By airflow dags test: what passes through Python is masked, on either line of Airflow."""
    for text in ("printed", "logged", "in the task's log", "raised", "mapped"):
        assert f"code: {text} ***" in local.present.replace("code:  printed", "code: printed")
    (of_a_program,) = [line for line in local.present.splitlines() if VALUES["API_TOKEN"] in line]
    assert of_a_program == f"code: by a program {VALUES['API_TOKEN']}"
    assert [name for name in NAMES[1:] if VALUES[name] in local.present] == []


@pytest.mark.once_a_line
def test_other_pod_options_have_no_effect_in_a_local_run(local):
    """A literal of env_vars is not in the process."""
    assert "code: literal None" in local.present


@pytest.fixture(scope="module")
def worker(installation):
    """Give a way to run a task as a worker does, without its secrets, and to read its log."""
    installed = installation("local_run.py")
    environ = {**NOTHING_SET, **installed.environ, "AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780"}
    trigger_dag("local_run", **environ)

    def run(**more):
        run_python(RUN_AS_WORKER, installed.file, "local_run", "any_operator", **environ, **more)
        logs = {file: file.read_text(encoding="utf-8") for file in installed.home.rglob("*.log")}
        for file in logs:
            file.unlink()
        return next(text for file, text in logs.items() if "any_operator" in str(file))

    return run


@pytest.mark.once_a_line
@pytest.mark.parametrize(
    ("more", "reports", "runs"),
    [
        ({"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}, "or set ANY_OPERATOR for this worker", True),
        ({}, "export ANY_OPERATOR, or put it into .env", False),
    ],
    ids=["deployment", "laptop"],
)
def test_a_worker_stops_a_task_only_where_nothing_shows_a_deployment(worker, more, reports, runs):
    """A site with another executor reads it in the log; a worker's pod is left alone below."""
    log = worker(**more)
    assert "absent here" in log
    assert reports in log
    assert ("Running command" in log) is runs


@pytest.fixture
def nothing_masked(monkeypatch):
    """Leave the masker of the process that runs the tests alone."""
    replaced = type("Masking", (), {"__init__": lambda _: None})
    monkeypatch.setattr("airflow_provider_k8sexec._compat.mask_secrets", lambda _: None)
    monkeypatch.setattr("airflow_provider_k8sexec._compat.mask_output", lambda: replaced)


def report_of(task, file="a.py", line=3, *, is_in_process=True):
    """Run a task up to its code, and give what it fails with; nothing where its code runs."""
    running = task.prepare_for_execution()
    begin_local_run(running, lambda _: (file, line), is_in_process=is_in_process)
    end_local_run()
    if running.execute == task.execute or "execute" not in vars(running):
        return ""
    with pytest.raises(load_fail_exception(), match="absent here") as error:
        running.execute({})
    return str(error.value)


@pytest.mark.usefixtures("nothing_masked")
@pytest.mark.parametrize(
    ("options", "reported"),
    [
        ({"secrets": ["ABSENT"]}, ["ABSENT is declared by secrets['ABSENT']" + REMEDY.format("ABSENT")]),
        ({"secrets": [Secret("key", env="ABSENT")]}, ["ABSENT is declared by secrets['key']"]),
        ({"secrets": [Secret("PRESENT")]}, []),
        ({"secrets": [Secret("ABSENT", optional=True), Secret("k", file="/no/k", optional=True)]}, []),
        ({"env_vars": {"LITERAL": "a", "ABSENT": {"fieldRef": {"fieldPath": "metadata.name"}}}}, []),
        (
            {"env_vars": {"ABSENT": {"secretKeyRef": {"name": "a", "key": "b"}}}},
            ["ABSENT is declared by env_vars['ABSENT']"],
        ),
        ({"env_vars": {"ABSENT": {"secretKeyRef": {"name": "a", "key": "b", "optional": True}}}}, []),
        (
            {"secrets": [Secret("tls.crt", file="/no/such/tls.crt")]},
            ["/no/such/tls.crt is declared by secrets['tls.crt']; write the value to that file, or link it"],
        ),
        ({"secrets": [Secret("tls.crt", file=__file__)]}, []),
        ({"volumes": {"/no/such": {"emptyDir": {}}}}, []),
        ({"profile": "of-a-profile"}, ["ABSENT is declared by profile 'of-a-profile': secrets['ABSENT']"]),
    ],
)
def test_what_is_absent_is_named_with_who_declared_it(options, reported, configure, monkeypatch, tmp_path):
    """Each form of a secret that a pod would not start without, from each layer, and nothing else."""
    profiles = tmp_path / "profiles.yaml"
    profiles.write_text("of-a-profile: {secrets: [ABSENT]}", encoding="utf-8")
    configure(profiles_file=str(profiles))
    monkeypatch.delenv("ABSENT", raising=False)
    monkeypatch.setenv("PRESENT", "")
    with new_dag():
        task = K8sBashOperator(task_id="a", bash_command="true", **options)
        any_operator = BashOperator(task_id="b", bash_command="true", executor_config=k8s_config(**options))
    for made in (task, any_operator):
        report = report_of(made)
        head = f"task '{made.task_id}' of DAG 'a_dag' (a.py, line 3) runs without a pod, where"
        assert report.startswith(head) or not reported
        assert report.count("\n") == len(reported)
        assert all(f"\n  - {line}" in report for line in reported)


@pytest.mark.usefixtures("nothing_masked")
def test_the_error_that_the_page_shows_is_the_error_that_is_raised():
    """A reader who searches for the message finds the page."""
    with new_dag("daily_report"):
        secrets = ["MY_SECRET", Secret("tls.crt", file="/run/tls/tls.crt")]
        task = K8sBashOperator(task_id="extract", bash_command="true", secrets=secrets)
    assert f"```text\n{report_of(task, '/dags/daily_report.py', 10)}\n```" in PAGE


@pytest.mark.usefixtures("nothing_masked")
def test_the_layers_around_a_task_count_as_in_its_pod(configure):
    """Those of the site, the DAG and the groups add up; an inner layer takes over a variable."""
    configure(pod_options='{"secrets": ["OF_THE_SITE"]}')
    outer = {"executor_config": k8s_config(secrets=["OF_THE_DAG", "TAKEN_OVER"])}
    with new_dag(default_args=outer), TaskGroup("group", default_args={"secrets": ["OF_THE_GROUP"]}):
        ours = K8sBashOperator(task_id="a", bash_command="true", env_vars={"TAKEN_OVER": "a literal"})
        other = BashOperator(task_id="b", bash_command="true")
    names = [{line.split()[1] for line in report_of(task).splitlines()[1:]} for task in (ours, other)]
    assert names == [
        {"OF_THE_SITE", "OF_THE_DAG", "OF_THE_GROUP"},
        {"OF_THE_SITE", "OF_THE_DAG", "TAKEN_OVER"},
    ]


@pytest.mark.usefixtures("nothing_masked")
def test_the_secrets_of_a_started_pod_are_not_looked_for_here():
    """They are for the pod that the task starts; what its own worker declares is looked for."""
    with new_dag():
        started = {"image": "busybox:1.37", "secrets": ["OF_THE_STARTED_POD"]}
        task = K8sPodOperator(task_id="a", **started)
        worker = K8sPodOperator(task_id="b", executor_config=k8s_config(secrets=["OF_THE_WORKER"]), **started)
    assert report_of(task) == ""
    assert "\n  - OF_THE_WORKER is" in report_of(worker)
    assert "OF_THE_STARTED_POD" not in report_of(worker)


@pytest.mark.usefixtures("nothing_masked")
def test_a_config_that_was_written_by_hand_is_left_alone():
    """This package has not read it, and Airflow's other executors have configs of their own."""
    with new_dag():
        task = BashOperator(task_id="a", bash_command="true", executor_config={"CeleryExecutor": {}})
    assert report_of(task) == ""


@pytest.mark.usefixtures("nothing_masked")
@pytest.mark.parametrize(
    ("environ", "is_deployment"),
    [
        ({}, False),
        ({"ASTRONOMER_ENVIRONMENT": "local", "AIRFLOW__CORE__EXECUTOR": "LocalExecutor"}, False),
        ({"AIRFLOW__CORE__EXECUTOR": "CeleryExecutor"}, True),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, True),
    ],
)
def test_a_worker_of_a_deployment_logs_what_is_absent(environ, is_deployment, monkeypatch, caplog, configure):
    """The task runs on: its site may provide the secret in another way. dag.test() always stops."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    configure()
    with new_dag():
        task = BashOperator(task_id="a", bash_command="true", executor_config=k8s_config(secrets=["ABSENT"]))
    with caplog.at_level(logging.WARNING):
        assert (report_of(task, is_in_process=False) == "") is is_deployment
    assert ("or set ABSENT for this worker." in caplog.text) is is_deployment
    assert "put it into .env" in report_of(task)


@pytest.mark.usefixtures("nothing_masked")
def test_the_output_of_the_process_is_its_own_again_after_the_task(monkeypatch):
    """While the task runs, what it prints is masked; not where nothing is to be masked."""
    monkeypatch.setenv("PRESENT", "a-value-that-is-masked")
    before = sys.stdout
    for options, is_masked in (({"secrets": ["PRESENT"]}, True), ({"cpu": 1}, False)):
        with new_dag():
            task = BashOperator(task_id="a", bash_command="true", executor_config=k8s_config(**options))
        for _ in range(2):  # a task that was deferred begins again, and ends once
            begin_local_run(task.prepare_for_execution(), lambda _: ("", 0), is_in_process=True)
        assert (sys.stdout is not before) is is_masked
        end_local_run()
        assert sys.stdout is before


def test_what_cannot_be_read_does_not_stop_the_task(monkeypatch, caplog):
    """A listener never ends a task by an error of its own."""

    def fail(*_args, **_kwargs):
        raise RuntimeError("a fault")

    monkeypatch.setattr("airflow_provider_k8sexec.authoring.local_runs.begin_local_run", fail)
    task = SimpleNamespace(task_id="a", executor_config=k8s_config(cpu=1))
    listeners.on_task_instance_running(SimpleNamespace(task=task))
    assert "The secrets of task 'a' could not be checked" in caplog.text


def test_a_worker_pod_is_left_alone(monkeypatch):
    """There Kubernetes guarantees what is declared: not even the task is read."""
    monkeypatch.setitem(os.environ, "AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    listeners.on_task_instance_running(None)
