"""Tasks whose pods fail, each in a way of its own."""

import time

import pendulum
from airflow.decorators import dag

from airflow_provider_k8sexec import k8s_task


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"))
def failing_pods():
    @k8s_task(memory="1Gi")
    def exceeds_its_memory():
        time.sleep(600)  # until the test has it killed

    @k8s_task(secrets=["NO_SUCH_KEY"])
    def lacks_a_key(): ...

    @k8s_task(memory="48Gi")
    def fits_on_no_node(): ...

    @k8s_task(memory="120Gi")
    def exceeds_the_quota(): ...

    @k8s_task(memory="1Gi")
    def fails_by_itself():
        raise ValueError("the task's own fault")

    exceeds_its_memory()
    lacks_a_key()
    fits_on_no_node()
    exceeds_the_quota()
    fails_by_itself()


failing_pods()
