"""### Memory from history

`auto` requests what earlier runs of the task used. Until there is a history, it is a doubling: 1Gi, and twice
as much after each try that was killed for its memory. With `apply=False` what it would request is recorded.
"""

import os

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import auto, k8s_task

with DAG(
    dag_id="example_memory_from_history",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(memory=auto("1Gi", up_to="16Gi"), retries=4)
    def train():
        print("trained by process", os.getpid())

    @k8s_task(memory=auto("4Gi", up_to="16Gi", apply=False), retries=2)
    def score():
        print("scored by process", os.getpid())

    train() >> score()
