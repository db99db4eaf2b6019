"""Flavours that run the function's source elsewhere: what they run has no trace of ``@k8s_task``."""

from __future__ import annotations

import sys

import pytest
from airflow_lines import new_dag, setup, task

import airflow_provider_k8sexec as k8sexec
from airflow_provider_k8sexec import Secret, k8s_task
from airflow_provider_k8sexec import k8s_task as pod

kept = k8s_task.external_python(python=sys.executable, cpu=0.5)


@k8s_task.external_python(python=sys.executable, cpu=0.5)
def plainly():
    return 42


@pod.external_python(python=sys.executable, cpu=0.5)
def under_another_name():
    return 42


@k8sexec.k8s_task.external_python(python=sys.executable, cpu=0.5)
def through_the_package():
    return 42


@task.k8s.external_python(python=sys.executable, cpu=0.5)
def through_airflows_own():
    return 42


@kept
def by_a_kept_decorator():
    return 42


# fmt: off
@k8s_task . external_python(
    python=sys.executable,
    # (a comment ends here)
    secrets=[
        "MY_SECRET",
        Secret("OTHER", file="/secrets/a)"),
    ],
    env_vars={"TEXT": """
        @k8s_task def plainly():
    """},
)
def over_several_lines():
    return 42
# fmt: on


@setup
@task.run_if(lambda _: True)
@k8s_task.skip_if(lambda _: False)
@k8s_task.external_python(python=sys.executable, cpu=0.5)
def under_other_decorators():
    return 42


@k8s_task.run_if(lambda _: True)
@task.external_python(python=sys.executable)
def over_airflows_own():
    return 42


def nested():
    @k8s_task.external_python(python=sys.executable, cpu=0.5)
    def inner():
        return 42

    return inner


def nested_with_local_names():
    from airflow_provider_k8sexec import k8s_task as local

    if local:

        @local.run_if(lambda _: True)
        @local.external_python(
            python=sys.executable,
            cpu=0.5,
        )
        def inner():
            return 42

    return inner


def nested_over_a_decorated_function():
    @k8s_task.external_python(python=sys.executable, cpu=0.5)
    def inner():
        def k8s_task(function):
            return function

        @k8s_task
        def innermost():
            return 42

        return innermost()

    return inner


def of_every_flavour():
    from airflow_provider_k8sexec import k8s_task as local

    @local.virtualenv(requirements=[], cpu=0.5)
    def virtualenv():
        return 42

    @local.branch_virtualenv(requirements=[], cpu=0.5)
    def branch_virtualenv():
        return 42

    @local.branch_external_python(python=sys.executable, cpu=0.5)
    def branch_external_python():
        return 42

    @local.bash(cpu=0.5)
    def bash():
        return 42

    return virtualenv, branch_virtualenv, branch_external_python, bash


DECORATED = {
    decorated.function.__name__: decorated
    for decorated in (
        plainly,
        under_another_name,
        through_the_package,
        through_airflows_own,
        by_a_kept_decorator,
        over_several_lines,
        under_other_decorators,
        over_airflows_own,
        *of_every_flavour(),
    )
} | {make.__name__: make() for make in (nested, nested_with_local_names, nested_over_a_decorated_function)}


def operator_of(decorated, **arguments):
    """Make the task."""
    with new_dag() as dag:
        decorated.override(**arguments)() if arguments else decorated()
    return dag.tasks[0]


@pytest.mark.parametrize("decorated", DECORATED.values(), ids=DECORATED.keys())
def test_the_source_is_the_function_alone(decorated):
    """The source that runs elsewhere begins with the function, and gives it with nothing imported."""
    operator = operator_of(decorated)
    source = operator.get_python_source()
    assert source.startswith(f"def {operator.python_callable.__name__}():")
    names = {}
    exec(compile(source, "elsewhere", "exec"), names)  # noqa: S102  # as Airflow's script does
    assert names[operator.python_callable.__name__]() == 42


def test_a_mapped_task_has_the_function_alone():
    """The instance that a worker makes of a mapped task gives the source without our decorator."""
    with new_dag() as dag:

        @k8s_task.external_python(python=sys.executable, cpu=0.5)
        def double(x):
            return 2 * x

        double.expand(x=[1, 2])

    instance = dag.tasks[0].unmap({"op_kwargs": {"x": 2}})
    assert instance.get_python_source().startswith("def double(x):")


def test_a_decorator_of_somebody_else_stays():
    """What decorates the function itself is not ours to take: Airflow's script has it, and says so."""

    def shout(function):
        return function

    @k8s_task.external_python(python=sys.executable, cpu=0.5)
    @shout
    def decorated():
        return 42

    assert operator_of(decorated).get_python_source().startswith("@shout\ndef decorated():")
