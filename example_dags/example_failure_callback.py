"""### Act on why a pod failed

`failure_of` gives a callback the reason in parts that programs compare. Where the cluster took the node, no
person has to act: the next try does better. The codes are in `docs/reference/failures.md`.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import failure_of, k8s_task, per_try


def report(context):
    """Say in one line what happened, and whose turn it is."""
    failure = failure_of(context)
    if failure is None:  # the task's own error, or nothing is known of its pod
        print(context["ti"].task_id, "failed:", context.get("exception"))
    elif failure.actor == "cluster":
        print(context["ti"].task_id, "lost its pod on node", failure.node, "and runs again:", failure.code)
    else:
        print("for the", failure.actor, "to act on:", failure)


with DAG(
    dag_id="example_failure_callback",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    default_args={"retries": 2, "on_failure_callback": report, "on_retry_callback": report},
    doc_md=__doc__,
):

    @k8s_task(cpu="500m", memory=per_try("1Gi", "2Gi", "4Gi"))
    def aggregate():
        print("aggregated")

    aggregate()
