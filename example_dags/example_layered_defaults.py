"""### Layers

What the DAG says holds for every task, what a group says for the tasks in it, and what a task says for
itself. Labels add up; for single values the innermost wins.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_config, k8s_task

try:
    from airflow.sdk import TaskGroup
except ImportError:  # Airflow 2
    from airflow.utils.task_group import TaskGroup

with DAG(
    dag_id="example_layered_defaults",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    default_args={"executor_config": k8s_config(cpu=0.5, memory="1Gi", labels={"team": "finance"})},
    doc_md=__doc__,
):

    @k8s_task
    def extract():
        print("0.5 cores, 1Gi, team=finance")

    @k8s_task(cpu=2)
    def report():
        print("2 cores, 8Gi, team=finance, tier=batch")

    with TaskGroup("heavy", default_args={"memory": "8Gi", "labels": {"tier": "batch"}}):
        report()
    extract()
