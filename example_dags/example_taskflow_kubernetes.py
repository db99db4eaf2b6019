"""### A function in a pod of its own image

`k8s_task.kubernetes` runs the function in a started pod, whose image needs Python and no Airflow. `.override`
changes the options of one call.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

with DAG(
    dag_id="example_taskflow_kubernetes",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task.kubernetes(image="python:3.12", memory="256Mi", secrets=["MY_SECRET"])
    def count(limit):
        return sum(range(limit))

    count(1000)
    count.override(task_id="count_more", memory="1Gi")(1_000_000)
