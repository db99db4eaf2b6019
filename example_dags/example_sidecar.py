"""### Containers beside the task

An init container prepares a volume before the task starts; a sidecar runs beside it, and ends with it.
Sidecars are native ones, which need Kubernetes 1.29.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import EmptyDir, k8s_task

SEED = {
    "name": "seed",
    "image": "busybox:1.37",
    "command": ["sh", "-c", "echo seed > /data/seed"],
    "volumeMounts": [{"name": "k8sexec-data", "mountPath": "/data"}],
}
PROXY = {"name": "proxy", "image": "registry.example.com/db-proxy:2.1", "args": ["--port=5432"]}

with DAG(
    dag_id="example_sidecar",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task(volumes={"/data": EmptyDir()}, init_containers=[SEED], sidecars=[PROXY])
    def query():
        print("through the proxy")

    query()
