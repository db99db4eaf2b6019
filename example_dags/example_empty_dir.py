"""### Scratch space

A directory on the node's disk, one in memory, and shared memory for worker processes. All of it goes with
the pod.
"""

from pathlib import Path

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import EmptyDir, k8s_task

with DAG(
    dag_id="example_empty_dir",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(
        memory="2Gi",
        shared_memory="512Mi",
        volumes={
            "/scratch": EmptyDir(size="5Gi"),
            "/scratch/fast": EmptyDir(size="256Mi", medium="Memory"),
        },
    )
    def sort_on_disk():
        (Path("/scratch") / "chunk").write_text("temporary")

    sort_on_disk()
