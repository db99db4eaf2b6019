"""### More memory at each try

A task that needs more memory than it has is killed, and Airflow tries it once more. `per_try` says what each
try gets; `retries` is Airflow's own, and must leave a try for each amount.
"""

import os

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task, per_try

CAPACITY = "karpenter.sh/capacity-type"

with DAG(
    dag_id="example_per_try",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(cpu="500m", memory=per_try("1Gi", "2Gi", "4Gi"), retries=2)
    def aggregate():
        print("aggregated by process", os.getpid())

    @k8s_task(cpu=(1, 4), memory=per_try.doubling("2Gi", up_to="16Gi"), retries=3)
    def join():
        print("joined by process", os.getpid())

    @k8s_task(
        cpu=1,
        memory=per_try("2Gi", "8Gi", after="oom"),
        node_selector=per_try({CAPACITY: "spot"}, {CAPACITY: "on-demand"}, after="disruption"),
        retries=3,
    )
    def train():
        print("trained by process", os.getpid())

    aggregate() >> join() >> train()
