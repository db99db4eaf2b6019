"""A DAG of all flavours that run without a network."""

from __future__ import annotations

import sys

import pendulum

from airflow_provider_k8sexec import k8s_task

try:
    from airflow.sdk import DAG, setup, teardown
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import setup, teardown

with DAG(
    dag_id="flavours",
    start_date=pendulum.datetime(2022, 1, 1, tz="UTC"),
    schedule=None,
    default_args={"cpu": 0.5},
) as dag:

    @setup
    @k8s_task(memory="1Gi")
    def prepare() -> int:
        return 1

    @k8s_task.external_python(
        python=sys.executable,
        memory="1Gi",
    )
    def elsewhere(x: int) -> int:
        return x + 41

    @k8s_task.bash(memory="1Gi")
    def shell(x: int) -> str:
        return f"echo {x}"

    @k8s_task.branch(memory="1Gi")
    def choose() -> str:
        return "chosen"

    @k8s_task.run_if(lambda _: True)
    @k8s_task(memory="1Gi")
    def chosen() -> str:
        return "ran"

    @k8s_task.skip_if(lambda _: True)
    @k8s_task(memory="1Gi")
    def skipped() -> str:
        return "ran"

    @k8s_task
    def not_chosen() -> str:
        return "ran"

    @k8s_task.short_circuit(memory="1Gi")
    def go_on() -> bool:
        return False

    @k8s_task.sensor(memory="1Gi", poke_interval=1, timeout=10)
    def arrived() -> bool:
        return True

    @k8s_task(memory="1Gi")
    def double(x: int) -> int:
        return 2 * x

    @k8s_task
    def total(values: list[int]) -> int:
        return sum(values)

    @teardown
    @k8s_task(memory="2Gi")
    def clean() -> str:
        return "cleaned"

    prepared = prepare()
    answer = elsewhere(prepared)
    shell(answer)
    choose() >> [chosen(), not_chosen()]
    skipped()
    arrived() >> go_on() >> total.override(task_id="never")([1])
    total(double.expand(x=[1, 2, 3]))
    answer >> clean().as_teardown(setups=prepared)
