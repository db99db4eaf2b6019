"""Folds proteins with ColabFold on the GPU nodes."""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s


@dag(schedule=None, start_date=datetime(2024, 1, 1), tags=["gpu"])
def protein_folding():
    @task
    def sequences():
        return [["/in/p53.fasta", "/out/p53"], ["/in/brca1.fasta", "/out/brca1"]]

    KubernetesPodOperator.partial(
        task_id="fold",
        name="colabfold",
        image="ghcr.io/sokrypton/colabfold:1.5.5-cuda12.2.2",
        cmds=["colabfold_batch"],
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "8", "memory": "48Gi"},
            limits={"memory": "64Gi", "nvidia.com/gpu": "1"},
        ),
        node_selector={"lab.example/pool": "gpu"},
        tolerations=[
            k8s.V1Toleration(
                key="nvidia.com/gpu", operator="Exists", effect="NoSchedule"
            ),
            # the A100s are shared with the imaging group
            k8s.V1Toleration(
                key="group", operator="Equal", value="imaging", effect="NoSchedule"
            ),
        ],
        volumes=[
            k8s.V1Volume(
                name="weights",
                persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
                    claim_name="colabfold-weights"
                ),
            ),
        ],
        volume_mounts=[
            k8s.V1VolumeMount(name="weights", mount_path="/cache", read_only=True)
        ],
        get_logs=True,
    ).expand(arguments=sequences())


protein_folding()
