"""Builds the indexes of a reference genome. Needs a lot of disk, but only for an hour."""

from __future__ import annotations

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


def _own_disk(size: str) -> k8s.V1Volume:
    claim = k8s.V1PersistentVolumeClaimSpec(
        access_modes=["ReadWriteOnce"],
        resources=k8s.V1VolumeResourceRequirements(requests={"storage": size}),
    )
    template = k8s.V1PersistentVolumeClaimTemplate(spec=claim)
    return k8s.V1Volume(
        name="work",
        ephemeral=k8s.V1EphemeralVolumeSource(volume_claim_template=template),
    )


def _pod(disk: str) -> k8s.V1Pod:
    mount = k8s.V1VolumeMount(name="work", mount_path="/work")
    return k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[k8s.V1Container(name="base", volume_mounts=[mount])],
            volumes=[_own_disk(disk)],
        )
    )


@dag(schedule=None, start_date=datetime(2024, 1, 1), params={"genome": "GRCh38"})
def reference_genomes():
    @task(executor_config={"pod_override": _pod("50Gi")})
    def download(params=None) -> str:
        return params["genome"]

    @task(executor_config={"pod_override": _pod("300Gi")})
    def index(genome: str) -> None:
        print(genome)

    index(download())


reference_genomes()
