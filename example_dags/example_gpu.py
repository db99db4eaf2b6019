"""### A GPU

The device, the node that has it, the taint that keeps others away, and shared memory for the data loaders.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

with DAG(
    dag_id="example_gpu",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(
        gpu=1,
        cpu=4,
        memory="16Gi",
        shared_memory="2Gi",
        node_selector={"cloud.google.com/gke-accelerator": "nvidia-l4"},
        tolerations=["nvidia.com/gpu=present:NoSchedule"],
    )
    def train():
        print("trained")

    train()
