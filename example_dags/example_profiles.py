"""### Profiles

What the platform team keeps in `profiles.yaml`, to which `[k8sexec] profiles_file` points, a task asks for
by name. Its own options are laid over the profile.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task

with DAG(
    dag_id="example_profiles",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    default_args={"profile": "small"},
    doc_md=__doc__,
):

    @k8s_task
    def prepare():
        print("0.5 cores, 1Gi")

    @k8s_task(profile="gpu-large", memory="20Gi")
    def train():
        print("a GPU, 4 cores, 20Gi, 8Gi of shared memory, scratch space, and a node that has it all")

    prepare()
    train()
