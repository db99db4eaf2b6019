"""Tasks whose pods fail, each in a way of its own."""

import json
import time
from pathlib import Path

import pendulum
from airflow.decorators import dag

from airflow_provider_k8sexec import failure_of, k8s_task


def report(context):
    """Write down what a callback can know of the failure, in whatever process it runs."""
    failure = failure_of(context)
    names = ("code", "actor", "cause", "remedy", "node")
    known = {name: str(getattr(failure, name)) for name in names} if failure else None
    task_id = context["ti"].task_id
    Path(__file__).parent.with_name(f"{task_id}.json").write_text(json.dumps({"failure": known}))


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    default_args={"on_failure_callback": report},
)
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
