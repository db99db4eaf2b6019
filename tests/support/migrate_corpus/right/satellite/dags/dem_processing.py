"""Slope, aspect and hillshade of the elevation model. The model itself is read-only, on a shared disk."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.utils.task_group import TaskGroup
from kubernetes.client import models as k8s

gdal = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    image="registry.partner-geo.example/airflow-gdal:3.9.1",
                    volume_mounts=[
                        k8s.V1VolumeMount(
                            name="dem", mount_path="/dem", read_only=True
                        ),
                        k8s.V1VolumeMount(name="out", mount_path="/out"),
                    ],
                )
            ],
            # beside the pod that serves the elevation model, whose cache is warm
            affinity=k8s.V1Affinity(
                pod_affinity=k8s.V1PodAffinity(
                    preferred_during_scheduling_ignored_during_execution=[
                        k8s.V1WeightedPodAffinityTerm(
                            weight=50,
                            pod_affinity_term=k8s.V1PodAffinityTerm(
                                label_selector=k8s.V1LabelSelector(
                                    match_labels={"app": "dem-server"}
                                ),
                                topology_key="kubernetes.io/hostname",
                            ),
                        )
                    ]
                )
            ),
            # the partner's registry, not ours
            image_pull_secrets=[
                k8s.V1LocalObjectReference(name="partner-geo-registry")
            ],
            volumes=[
                k8s.V1Volume(
                    name="dem",
                    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
                        claim_name="dem-30m", read_only=True
                    ),
                ),
                k8s.V1Volume(
                    name="out",
                    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
                        claim_name="dem-derived"
                    ),
                ),
            ],
        )
    )
}

with DAG(
    "dem_processing", schedule=None, start_date=datetime(2024, 1, 1), tags=["gdal"]
) as dag:
    with TaskGroup("derive"):
        for product in ["slope", "aspect", "hillshade"]:
            BashOperator(
                task_id=product,
                bash_command=f"gdaldem {product} /dem/{{{{ params.tile }}}}.tif /out/{product}.tif",
                params={"tile": "N47E011"},
                executor_config=gdal,
            )
