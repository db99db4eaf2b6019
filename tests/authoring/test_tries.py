"""Tries and amounts: the author is warned of an amount that ``retries`` leaves without a try."""

from __future__ import annotations

import re
import warnings

import pendulum
import pytest

from airflow_provider_k8sexec import K8sBashOperator, SpecWarning, k8s_config, k8s_task, per_try
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.context import forget_context

try:
    from airflow.sdk import DAG, TaskGroup
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup

LADDER = per_try("1Gi", "2Gi", "4Gi")
SAID = (
    "task 'work' of DAG 'a_dag': memory=per_try('1Gi', '2Gi', '4Gi') has amounts for 3 tries, and with "
    "retries=1 the task has 2; write retries=2."
)


def work():
    """Do nothing."""


def new_dag(**arguments):
    """Make a DAG that nothing schedules."""
    start = pendulum.datetime(2026, 1, 1, tz="UTC")
    return DAG(dag_id="a_dag", schedule=None, start_date=start, **arguments)


@pytest.fixture
def said(recwarn):
    """Give the texts of what authors were warned of."""
    warnings.simplefilter("always", SpecWarning)
    return lambda: [str(item.message) for item in recwarn if issubclass(item.category, SpecWarning)]


def test_the_author_is_warned_with_the_task_and_the_remedy(said):
    """One line names the task, its amounts, its tries, and the number to write."""
    with new_dag():
        k8s_task(memory=LADDER, retries=1)(work)()
    assert said() == [SAID]


def test_the_warning_points_to_the_line_of_the_dag_file(recwarn):
    """Airflow shows the file and the line of a warning: those of the author."""
    warnings.simplefilter("always", SpecWarning)
    with new_dag():
        K8sBashOperator(task_id="work", bash_command="true", memory=LADDER, retries=1)
    (warning,) = recwarn
    assert warning.filename == __file__


@pytest.mark.parametrize(
    "retries",
    [
        pytest.param({"task": 2}, id="the task's own"),
        pytest.param({"dag": 2}, id="of the DAG"),
        pytest.param({"dag": 1, "group": 3}, id="of the task group, over the DAG's"),
        pytest.param({"dag": 0, "task": 5}, id="of the task, over the DAG's"),
        pytest.param({"site": "2"}, id="of the site"),
    ],
)
def test_enough_retries_warn_of_nothing(said, monkeypatch, retries):
    """Retries count wherever Airflow takes them from."""
    if "site" in retries:
        monkeypatch.setenv("AIRFLOW__CORE__DEFAULT_TASK_RETRIES", retries["site"])
    arguments = {
        place: {"retries": retries[name]} if name in retries else {}
        for place, name in (("dag", "dag"), ("group", "group"), ("task", "task"))
    }
    with new_dag(default_args=arguments["dag"]), TaskGroup("group", default_args=arguments["group"]):
        k8s_task(memory=LADDER, **arguments["task"])(work)()
    assert said() == []


@pytest.mark.parametrize(
    "retries",
    [{"dag": 2, "task": 1}, {"dag": 2, "group": 1}, {"task": 1}, {"dag": 1}],
)
def test_too_few_retries_warn_wherever_they_are_said(said, retries):
    """The innermost place wins, as it does in Airflow."""
    arguments = {
        name: {"retries": retries[name]} if name in retries else {} for name in ("dag", "group", "task")
    }
    with new_dag(default_args=arguments["dag"]), TaskGroup("group", default_args=arguments["group"]):
        k8s_task(memory=LADDER, **arguments["task"])(work)()
    assert said() == [SAID.replace("'work'", "'group.work'")]


@pytest.mark.parametrize("retries", [{}, {"retries": None}, {"retries": 0}])
def test_no_retries_at_all_warn(said, retries):
    """Without retries, a ladder is no more than its first amount."""
    with new_dag():
        k8s_task(
            gpu={"amd.com/gpu": per_try(1, 2)}, ephemeral_storage=per_try("1Gi", ("2Gi", None)), **retries
        )(work)()
    fields = [re.search(r": ([^:]*)=per_try\((.*?)\)", text).groups() for text in said()]
    assert fields == [("ephemeral_storage", "'1Gi', '2Gi'"), ("gpu['amd.com/gpu']", "1, 2")]


def test_per_try_values_of_default_args_are_compared_with_each_tasks_retries(said):
    """Values that the DAG gives to all its tasks warn for those whose retries are too few."""
    with new_dag(default_args={"executor_config": k8s_config(memory=LADDER), "retries": 2}):
        k8s_task(work)()
        k8s_task(task_id="once", retries=0)(work)()
        k8s_task(task_id="one_amount", retries=0, memory="1Gi")(work)()
    (text,) = said()
    layer = "default_args of the DAG"
    assert text.startswith(f"task 'once' of DAG 'a_dag': {layer}: memory=per_try('1Gi', '2Gi', '4Gi')")


def test_a_worker_warns_of_nothing(said, monkeypatch):
    """The worker's log is the task's; the author has read the warning where the DAG was parsed."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    forget_context()
    with new_dag():
        k8s_task(memory=LADDER)(work)()
    assert said() == []


DAG_FILE = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task, per_try

with DAG("a_dag", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for number in range(2):
        @k8s_task(task_id=f"work_{number}", memory=per_try("1Gi", "2Gi"))
        def work(): ...

        work()
"""


def test_airflow_shows_the_warning_and_takes_the_dag(tmp_path):
    """DAG processing collects the warning of each task with its line, and the DAG is there."""
    file = tmp_path / "a_dag.py"
    file.write_text(DAG_FILE, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        bag = load_dag_bag(str(file))
    assert bag.import_errors == {}
    assert set(bag.dags) == {"a_dag"}
    (shown,) = bag.captured_warnings.values()
    assert [line.partition(": ")[0] for line in shown] == [f"{file}:8"] * 2
    for number, line in enumerate(shown):
        assert f"airflow_provider_k8sexec.exceptions.SpecWarning: task 'work_{number}' of DAG 'a_dag'" in line
