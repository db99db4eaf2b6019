"""### Mapped tasks

Every mapped instance gets the pod that the task declares; `override` makes a larger variant of the same
function.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sBashOperator, k8s_task

with DAG(
    dag_id="example_mapped_tasks",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(cpu="250m", memory="512Mi", secrets=["MY_SECRET"])
    def load(table, mode="append"):
        print(mode, table)

    load.partial(mode="replace").expand(table=["orders", "customers"])
    load.override(task_id="load_large", memory="4Gi").expand(table=["events"])

    K8sBashOperator.partial(task_id="compress", cpu=1, memory="1Gi").expand(
        bash_command=["echo gzip orders", "echo gzip customers"]
    )
