"""### Sizes that are known only at run time

A task may not know its size before an upstream task has looked at the data, or before somebody triggers the
run. The result of `plan` gives each mapped instance its own memory; the param `cores` can be set in a run.
"""

import os

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import from_param, k8s_task

with DAG(
    dag_id="example_sizes_at_run_time",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    params={"cores": 0.5},
    doc_md=__doc__,
):

    @k8s_task(memory="512Mi")
    def plan() -> list[str]:
        return ["1Gi", "4Gi", "2Gi"]

    @k8s_task(memory=plan(), cpu=from_param("cores"))
    def load(part: str):
        print(part, "loaded by process", os.getpid())

    load.expand(part=["north", "south", "west"])
