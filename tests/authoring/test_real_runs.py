"""DAGs run by real Airflow: what the tasks do, and that a secret's value shows nowhere."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from airflow.models.taskinstance import TaskInstance
from airflow_lines import AIRFLOW_3, pod_of
from processes import RUN_AS_WORKER, output_of, rows_of, run_airflow, run_python

pytestmark = pytest.mark.once_a_line
VALUE = "correct-horse-battery-staple"
SCHEDULER = {"AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780"}
WORKER = {
    "AIRFLOW_IS_K8S_EXECUTOR_POD": "True",
    "AIRFLOW__K8SEXEC__RELEASE_NAME": None,
    "AIRFLOW__KUBERNETES_SECRETS__MY_SECRET": "infrared-photon-7780-env=MY_SECRET",
}


@pytest.fixture(scope="module")
def run_everywhere(installation):
    """Run a secret DAG by dag.test(), and then as worker pods do."""

    def run(file_name):
        installed = installation(file_name)
        environ = installed.environ
        environ["MY_SECRET"] = VALUE
        if not AIRFLOW_3:  # Airflow 3's dag.test() serialises by itself
            output_of(run_airflow("dags", "reserialize", **environ, **SCHEDULER))
        output_of(run_airflow("dags", "test", "test-secret", **environ, **SCHEDULER))
        worker = run_python(RUN_AS_WORKER, installed.file, "test-secret", **environ, **WORKER)
        output_of(worker)
        logs = [file.read_text(encoding="utf-8") for file in installed.home.rglob("*.log")]
        return SimpleNamespace(**vars(installed), said=worker.stdout + worker.stderr, logs=logs)

    return run


@pytest.fixture(scope="module")
def ours(run_everywhere):
    """Run the DAG that declares its secrets."""
    return run_everywhere("secret.py")


@pytest.fixture(scope="module")
def by_hand(run_everywhere):
    """Run the DAG of the seeds as the page has it."""
    return run_everywhere("secret_by_hand.py")


def states_of(home, dag_id):
    """Give the state of each task instance of a DAG."""
    query = f"select task_id, map_index, state from task_instance where dag_id = '{dag_id}'"  # noqa: S608  # ours
    return {
        task_id if map_index < 0 else f"{task_id}[{map_index}]": state
        for task_id, map_index, state in rows_of(home, query)
    }


def test_every_task_of_the_secret_dag_has_run(ours):
    """The worker ran each task with success, and each left a log."""
    assert states_of(ours.home, "test-secret") == {
        "test-py-env": "success",
        "bash": "success",
        "rendered": "success",
        "mapped[0]": "success",
    }
    assert len(ours.logs) == 4


def test_the_value_of_a_declared_secret_is_in_no_log(ours):
    """What prints the value, by whatever operator, logs *** instead."""
    everything = "\n".join(ours.logs)
    assert VALUE not in everything
    for shown in (
        "value: ***",
        "rendered: ***",
        "mapped: ***",
        '"***"' if '"event"' in everything else " ***",
    ):
        assert shown in everything


def test_the_value_of_a_declared_secret_is_in_no_output(ours):
    """Neither a worker's output nor that of airflow tasks test has the value: the latter shows ***."""
    tested = run_airflow("tasks", "test", "test-secret", "test-py-env", **ours.environ, **SCHEDULER)
    assert "\n***\n" in output_of(tested)
    for said in (ours.said, tested.stdout, tested.stderr):
        assert VALUE not in said


def test_the_value_of_a_declared_secret_is_in_no_file(ours):
    """No file of the installation has the value: no log, no configuration, no database."""
    files = [file for file in ours.home.rglob("*") if file.is_file()]
    assert ours.home / "airflow.db" in files
    assert [file for file in files if VALUE.encode() in file.read_bytes()] == []


def test_the_value_of_a_declared_secret_is_nowhere_in_the_database(ours):
    """Not in XCom, in the serialised DAG, in the rendered fields, or in any other table, packed or not."""
    with closing(sqlite3.connect(ours.home / "airflow.db")) as connection:
        dump = "\n".join(connection.iterdump())
    for table in ("task_instance", "serialized_dag", "rendered_task_instance_fields", "log"):
        assert f'INSERT INTO "{table}"' in dump
    assert VALUE not in dump
    assert VALUE.encode().hex().upper() not in dump.upper()


def test_rendered_fields_have_the_value_hidden(ours):
    """A command that a task has rendered with the value is stored with *** in its place."""
    query = "select rendered_fields from rendered_task_instance_fields where task_id = 'rendered'"
    assert [text for (text,) in rows_of(ours.home, query) if "echo rendered: ***" in text]


def test_a_worker_leaves_the_stored_pod_as_it_was(ours):
    """What a worker writes to the task instance leaves the pod that the scheduler has stored for a retry."""
    table = TaskInstance.__table__
    engine = sa.create_engine(f"sqlite:///{ours.home / 'airflow.db'}")
    with engine.connect() as connection:
        query = sa.select(table.c.executor_config).where(table.c.task_id == "test-py-env")
        (config,) = connection.execute(query).scalars()
    engine.dispose()
    reference = {"name": "infrared-photon-7780-env", "key": "MY_SECRET"}
    assert pod_of(config)["spec"]["containers"] == [
        {"name": "base", "env": [{"name": "MY_SECRET", "valueFrom": {"secretKeyRef": reference}}]}
    ]


def test_the_hand_written_dag_shows_the_value(by_hand):
    """The seeds' own DAG logs the value in clear: the tests above can fail."""
    assert states_of(by_hand.home, "test-secret") == {"test-py-env": "success"}
    assert VALUE in "\n".join(by_hand.logs)


def test_every_flavour_does_what_airflows_own_does(installation):
    """A DAG of all flavours, run by dag.test(), has the right results, branches, skips and teardown."""
    installed = installation("flavours.py")
    output_of(run_airflow("dags", "test", "flavours", **installed.environ, **SCHEDULER))
    assert states_of(installed.home, "flavours") == {
        "prepare": "success",
        "elsewhere": "success",
        "shell": "success",
        "choose": "success",
        "chosen": "success",
        "not_chosen": "skipped",
        "skipped": "skipped",
        "arrived": "success",
        "go_on": "success",
        "never": "skipped",
        "double[0]": "success",
        "double[1]": "success",
        "double[2]": "success",
        "total": "success",
        "clean": "success",
    }
    query = "select task_id, value from xcom where key = 'return_value' and map_index < 0"
    values = {task_id: re.sub(r"\D", "", str(value)) for task_id, value in rows_of(installed.home, query)}
    assert (values["elsewhere"], values["shell"], values["total"]) == ("42", "42", "12")
