"""dvc add / dvc push of the curated datasets, which live on the shared disk."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

DATASETS = ["clicks", "catalogue", "queries"]

with DAG(
    "dataset_versioning",
    schedule="0 22 * * 5",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_tasks=1,  # dvc locks the repository
) as dag:
    for dataset in DATASETS:
        BashOperator(
            task_id=f"version_{dataset}",
            bash_command=f"cd /datasets && dvc add {dataset} && dvc push {dataset}.dvc",
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                resources=k8s.V1ResourceRequirements(
                                    requests={"cpu": "500m"}
                                ),
                                volume_mounts=[
                                    # the repository of dvc, and its cache, are on one disk
                                    k8s.V1VolumeMount(
                                        name="datasets",
                                        mount_path="/datasets",
                                        sub_path="curated",
                                    ),
                                    k8s.V1VolumeMount(
                                        name="datasets",
                                        mount_path="/var/cache/dvc",
                                        sub_path="dvc-cache",
                                    ),
                                ],
                            )
                        ],
                        service_account_name="dvc",
                        security_context=k8s.V1PodSecurityContext(
                            fs_group=1000, fs_group_change_policy="OnRootMismatch"
                        ),
                        volumes=[
                            k8s.V1Volume(
                                name="datasets",
                                persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
                                    claim_name="efs-datasets"
                                ),
                            )
                        ],
                    )
                )
            },
        )
