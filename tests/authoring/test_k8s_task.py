"""``@k8s_task`` in all flavours: Airflow's ``@task``, and a pod."""

from __future__ import annotations

import sys
from functools import partial
from types import SimpleNamespace

import pytest
from airflow_lines import (
    LINE,
    AirflowSkipException,
    ProvidersManager,
    TaskGroup,
    _PythonDecoratedOperator,
    new_dag,
    pod_of,
    serialize,
    serialized_tasks,
    setup,
    task,
    task_decorator_factory,
    teardown,
)

from airflow_provider_k8sexec import K8sExecError, SpecError, k8s_task
from airflow_provider_k8sexec._compat import task as airflow_task

FLAVOURS = {
    "python": {"retries": 2, "multiple_outputs": True},
    "bash": {"env": {"A": "1"}, "append_env": True},
    "branch": {},
    "short_circuit": {"ignore_downstream_trigger_rules": False},
    "sensor": {"poke_interval": 10, "mode": "reschedule"},
    "virtualenv": {"requirements": ["attrs"], "system_site_packages": False},
    "external_python": {"python": sys.executable},
    "branch_virtualenv": {"requirements": ["attrs"]},
    "branch_external_python": {"python": sys.executable},
    # These come with other providers.
    "kubernetes": {"image": "python:3.12"},
    "kubernetes_cmd": {"image": "busybox:1.37"},
    "sql": {"conn_id": "warehouse"},
    "analytics": {"datasource_configs": []},
    # This comes with nobody but the test.
    "acme": {"retries": 2},
    "stub": {},
}
# What a line lacks, with the providers that it is tested with.
for absent in {(2, 11): ["stub"], (3, 0): ["analytics", "sql", "stub"], (3, 1): ["analytics"]}.get(LINE, []):
    del FLAVOURS[absent]
HALF_A_CORE = {"requests": {"cpu": "0.5"}, "limits": {"cpu": "0.5"}}


def do_something():
    return {"something": "done"}


def do_something_else(): ...


def do_something_with(x, y=0):
    return x, y


def function_for(flavour):
    """Give a function such as the flavour takes."""
    return do_something_else if flavour == "stub" else do_something


class AcmeOperator(_PythonDecoratedOperator):
    """The operator of a provider that nobody has heard of."""

    custom_operator_name = "@task.acme"


def acme_task(python_callable=None, multiple_outputs=None, **kwargs):
    """Make tasks as the taskflow decorator of any provider does."""
    return task_decorator_factory(
        python_callable=python_callable,
        multiple_outputs=multiple_outputs,
        decorated_operator_class=AcmeOperator,
        **kwargs,
    )


@pytest.fixture(autouse=True)
def _acme_provider(monkeypatch):
    """Register a third-party flavour where providers' decorators are."""
    monkeypatch.setitem(ProvidersManager().taskflow_decorators, "acme", lambda: acme_task)


def one_task(decorated):
    """Make a DAG of the one task that a decorated function makes."""
    with new_dag() as dag:
        decorated()
    (only,) = dag.tasks
    return dag, only


def without_executor_config(serialized):
    """Take the executor_config off each task of a serialised DAG."""
    for item in serialized["dag"]["tasks"]:
        item["__var"].pop("executor_config", None)
        item["__var"].get("partial_kwargs", {}).pop("executor_config", None)
    return serialized


def resources_of(operator):
    """Give the resources that a task's pod asks for."""
    return pod_of(operator.executor_config)["spec"]["containers"][0]["resources"]


def test_the_table_of_flavours_has_all_that_airflow_has():
    """Whatever taskflow decorator this Airflow has, the tests below try with pod options."""
    registered = set(ProvidersManager().taskflow_decorators) - {"k8s"}
    built_in = {name for name in dir(airflow_task) if not name.startswith("_")} - {"run_if", "skip_if"}
    assert registered | built_in == set(FLAVOURS)


@pytest.mark.parametrize("flavour", [name for name in FLAVOURS if not name.startswith("kubernetes")])
def test_a_flavour_with_pod_options_is_airflows_own_with_an_executor_config(flavour):
    """The serialised DAG is that of the plain flavour in everything but executor_config."""
    function, arguments = function_for(flavour), FLAVOURS[flavour]
    plain, _ = one_task(getattr(task, flavour)(**arguments)(function))
    ours, operator = one_task(getattr(k8s_task, flavour)(cpu=0.5, **arguments)(function))
    assert resources_of(operator) == HALF_A_CORE
    assert "executor_config" in serialized_tasks(ours)["do_something" + "_else" * (flavour == "stub")]
    assert without_executor_config(serialize(ours)) == serialize(plain)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_flavour_without_pod_options_is_airflows_own(flavour):
    """Without pod options, the serialised DAG is that of the plain flavour."""
    function, arguments = function_for(flavour), FLAVOURS[flavour]
    plain, _ = one_task(getattr(task, flavour)(**arguments)(function))
    ours, _ = one_task(getattr(k8s_task, flavour)(**arguments)(function))
    assert serialize(ours) == serialize(plain)


@pytest.mark.parametrize("flavour", sorted(FLAVOURS))
def test_a_flavour_hangs_on_task_k8s_as_well(flavour):
    """@task.k8s is k8s_task, with every flavour of it: task.k8s.bash is k8s_task.bash."""
    function, arguments = function_for(flavour), FLAVOURS[flavour]
    ours, _ = one_task(getattr(k8s_task, flavour)(cpu=0.5, **arguments)(function))
    spelt, _ = one_task(getattr(task.k8s, flavour)(cpu=0.5, **arguments)(function))
    assert serialize(spelt) == serialize(ours)


def test_the_bare_decorator_is_airflows_own():
    """@k8s_task without parentheses makes the task that @task makes."""
    plain, _ = one_task(task(do_something))
    ours, operator = one_task(k8s_task(do_something))
    assert serialize(ours) == serialize(plain)
    assert operator.executor_config == {}


def test_task_k8s_takes_pod_options():
    """@task.k8s(cpu=...) is found through the provider, and makes the pod that @k8s_task makes."""
    _, operator = one_task(task.k8s(cpu=0.5)(do_something))
    assert resources_of(operator) == HALF_A_CORE


def test_a_bare_flavour_of_another_provider_takes_pod_options_by_override():
    """A decorator that k8s_task has never heard of works bare, and takes pod options afterwards."""
    _, operator = one_task(k8s_task.acme(do_something).override(cpu=0.5))
    assert type(operator).__name__ == "AcmeOperator"
    assert resources_of(operator) == HALF_A_CORE


def test_override_changes_the_options_it_names():
    """.override(cpu=...) keeps the other options, and leaves the decorated function as it was."""
    decorated = k8s_task(cpu=0.5, memory="1Gi", retries=3)(do_something)
    with new_dag() as dag:
        decorated.override(task_id="large", cpu=2, image="etl:1")()
        decorated()
    large, small = dag.get_task("large"), dag.get_task("do_something")
    assert resources_of(large) == {side: {"cpu": "2", "memory": "1Gi"} for side in ("requests", "limits")}
    assert resources_of(small) == {side: {"cpu": "0.5", "memory": "1Gi"} for side in ("requests", "limits")}
    assert pod_of(large.executor_config)["spec"]["containers"][0]["image"] == "etl:1"
    assert large.retries == small.retries == 3


def test_override_can_be_repeated():
    """Each .override() builds on the one before."""
    decorated = k8s_task(do_something).override(cpu=2).override(memory="1Gi").override(cpu=0.5)
    _, operator = one_task(decorated)
    assert resources_of(operator) == {
        side: {"cpu": "0.5", "memory": "1Gi"} for side in ("requests", "limits")
    }


def test_a_decorated_function_makes_a_new_task_at_every_call():
    """Two calls make two tasks with names as Airflow gives them, and a pod of its own each."""
    decorated = k8s_task(cpu=0.5)(do_something)
    with new_dag() as dag, TaskGroup("group"):
        decorated()
        decorated()
    first, second = dag.tasks
    assert [first.task_id, second.task_id] == ["group.do_something", "group.do_something__1"]
    assert first.executor_config == second.executor_config
    assert first.executor_config is not second.executor_config
    assert first.executor_config["pod_override"] is not second.executor_config["pod_override"]


def test_values_pass_between_tasks():
    """A decorated function takes another's output, and the dependency is there."""
    with new_dag() as dag:
        made = k8s_task(cpu=0.5)(do_something)()
        k8s_task(cpu=2)(do_something_with)(made, y=1)
    assert dag.get_task("do_something_with").upstream_task_ids == {"do_something"}


def test_the_function_stays_in_reach():
    """The decorated function can be called plainly, and is what inspection unwraps."""
    decorated = k8s_task(cpu=0.5)(do_something_with)
    assert decorated.function(1, y=2) == (1, 2)
    assert decorated.__wrapped__ is do_something_with


@pytest.mark.parametrize(
    "expand",
    [
        lambda decorated: decorated.expand(x=[1, 2]),
        lambda decorated: decorated.partial(y=1).expand(x=[1, 2]),
        lambda decorated: decorated.expand_kwargs([{"x": 1}, {"x": 2}]),
        lambda decorated: decorated.partial(y=1).expand_kwargs([{"x": 1}, {"x": 2}]),
        lambda decorated: decorated.override(task_id="other", retries=1).expand(x=[1, 2]),
    ],
    ids=["expand", "partial and expand", "expand_kwargs", "partial and expand_kwargs", "override and expand"],
)
@pytest.mark.parametrize("flavour", ["python", "bash", "virtualenv", "sensor", "acme"])
def test_a_mapped_task_is_airflows_own_with_an_executor_config(flavour, expand):
    """Mapped, the serialised DAG is that of the plain flavour in everything but executor_config."""
    arguments = FLAVOURS[flavour]
    plain, _ = one_task(lambda: expand(getattr(task, flavour)(**arguments)(do_something_with)))
    ours, mapped = one_task(
        lambda: expand(getattr(k8s_task, flavour)(cpu=0.5, **arguments)(do_something_with))
    )
    assert resources_of(mapped) == HALF_A_CORE
    assert without_executor_config(serialize(ours)) == without_executor_config(serialize(plain))


@pytest.mark.parametrize(
    ("mark", "is_setup", "is_teardown"),
    [(setup, True, False), (teardown, False, True), (partial(teardown, on_failure_fail_dagrun=True), 0, 1)],
)
def test_setup_and_teardown_stand_above(mark, is_setup, is_teardown):
    """@setup and @teardown over @k8s_task do what they do over @task."""

    def marked(decorator):
        decorated = decorator(do_something)
        return mark()(decorated) if isinstance(mark, partial) else mark(decorated)

    plain, _ = one_task(marked(task))
    ours, operator = one_task(marked(k8s_task(cpu=0.5)))
    assert (operator.is_setup, operator.is_teardown) == (is_setup, is_teardown)
    assert resources_of(operator) == HALF_A_CORE
    assert without_executor_config(serialize(ours)) == serialize(plain)


@pytest.mark.parametrize("conditions", [task, k8s_task], ids=["task", "k8s_task"])
@pytest.mark.parametrize(
    ("condition", "runs"),
    [("run_if", True), ("run_if", False), ("skip_if", True), ("skip_if", False)],
)
def test_conditions_stand_above(conditions, condition, runs):
    """@task.run_if and @task.skip_if over @k8s_task decide at run time, as they do over @task."""
    wanted = runs if condition == "run_if" else not runs
    decorated = getattr(conditions, condition)(lambda _context: wanted)(k8s_task(cpu=0.5)(do_something))
    _, operator = one_task(decorated)
    assert resources_of(operator) == HALF_A_CORE
    pre_execute = operator._pre_execute_hook
    if runs:
        assert pre_execute({}) is None
    else:
        with pytest.raises(AirflowSkipException, match="due to condition"):
            pre_execute({})


def test_options_can_be_kept_and_used_for_many_functions():
    """k8s_task(...) is a decorator to keep: what one function does to it, another does not see."""
    small = k8s_task(cpu=0.5)
    with new_dag() as dag:
        small(do_something).override(cpu=2)()
        small(do_something_with)(1)
    assert resources_of(dag.get_task("do_something_with")) == HALF_A_CORE


def test_an_unknown_flavour_is_told_as_airflow_tells_it():
    """A flavour that this Airflow does not have is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="bsh"):
        _ = k8s_task.bsh


def test_a_decorator_that_makes_no_task_is_told(monkeypatch):
    """A third-party decorator that makes something else than a task has no pod to give options to."""
    made = SimpleNamespace(a="thing")
    odd_task = lambda **_: lambda _: made  # noqa: E731  # a decorator
    monkeypatch.setitem(ProvidersManager().taskflow_decorators, "odd", lambda: odd_task)
    with pytest.raises(K8sExecError, match=r"@task\.odd makes namespace\(a='thing'\), which is no task"):
        k8s_task.odd(cpu=0.5)(do_something)


def test_a_misspelt_option_is_told_with_the_right_one():
    """What is neither an option nor an argument, memroy, is told with memory, the task, its group and DAG."""
    expected = r"task 'group\.do_something' of DAG 'etl'.*\n.*memroy='1Gi'.*write memory="
    with new_dag("etl"), TaskGroup("group"), pytest.raises(SpecError, match=expected):
        k8s_task(memroy="1Gi")(do_something)()


def test_all_problems_are_told_at_once():
    """Wrong values of several options, and a misspelt one, are one error."""
    decorated = k8s_task(memory=512, cpu="500Mi", memroy="1Gi", task_id="load")(do_something)
    with (
        new_dag("etl"),
        pytest.raises(SpecError, match=r"3 problems .* of task 'load' of DAG 'etl'") as caught,
    ):
        decorated()
    assert {problem.field for problem in caught.value.problems} == {"memory", "cpu", "memroy"}


def test_a_wrong_option_is_told_where_the_task_is_made():
    """Decorating judges nothing, because default_args may still say otherwise; the call does."""
    decorated = k8s_task(memory=512)(do_something)
    with pytest.raises(SpecError, match="of task 'do_something'"):
        decorated()
    _, operator = one_task(decorated.override(memory="512Mi"))
    assert resources_of(operator)["limits"] == {"memory": "512Mi"}


def test_an_argument_that_resembles_no_option_is_refused_where_airflow_refuses_it():
    """What is neither goes to Airflow; its refusal names the argument, and not the class inside."""
    with new_dag(), pytest.raises(SpecError, match="colour=<str> is neither a pod option nor an argument"):
        k8s_task(colour="red")(do_something)()


def test_arguments_of_the_function_are_airflows_to_check():
    """A call that does not fit the function's signature is a TypeError, as with @task."""
    with new_dag(), pytest.raises(TypeError, match="missing a required argument: 'x'"):
        k8s_task(cpu=0.5)(do_something_with)()


def test_a_method_is_refused_as_airflow_refuses_it():
    """@k8s_task on a method says what @task says."""
    with pytest.raises(TypeError, match="does not support methods"):
        k8s_task(cpu=0.5)(lambda self: self)


@pytest.mark.parametrize("name", ["cpu", "secrets", "executor_config"])
def test_pod_options_cannot_be_mapped(name):
    """Airflow has one executor_config for all mapped instances: the error says what to write instead."""
    expected = rf"expand\({name}=\.\.\.\) cannot be mapped.*write k8s_task\({name}=\.\.\.\)[.;]"
    with new_dag(), pytest.raises(SpecError, match=expected):
        k8s_task(do_something_with).expand(x=[1], **{name: [1, 2]})


def test_an_argument_of_the_function_can_bear_an_options_name():
    """What the function itself calls memory is the function's: it is passed, and mapped, as any other."""

    def measure(memory):
        return memory

    with new_dag() as dag:
        k8s_task(cpu=0.5)(measure)("1 elephant")
        k8s_task(cpu=0.5, task_id="mapped")(measure).expand(memory=["1 elephant", "2 elephants"])
    assert dag.get_task("measure").op_args == ("1 elephant",)
    for operator in dag.tasks:
        assert resources_of(operator) == HALF_A_CORE


def test_the_decorator_is_no_container_of_special_names():
    """Protocols that Python looks up by special names are not mistaken for flavours."""
    assert not hasattr(k8s_task, "__wrapped__")
    assert not hasattr(k8s_task, "__len__")
