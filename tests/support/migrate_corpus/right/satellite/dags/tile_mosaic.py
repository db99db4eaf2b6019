"""Monthly cloud-free mosaics. They are built on the NVMe disks of the `compute` pool."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    schedule="@monthly",
    start_date=datetime(2023, 1, 1),
    catchup=True,
    max_active_runs=1,
)
def tile_mosaic():
    @task
    def tiles():
        return [f"T32U{column}{row}" for column in "PQ" for row in "ABCD"]

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-gdal:3.9",
                            image_pull_policy="Always",  # 3.9 moves
                            volume_mounts=[
                                k8s.V1VolumeMount(name="nvme", mount_path="/nvme")
                            ],
                        )
                    ],
                    node_selector={"skyview.example/pool": "compute"},
                    volumes=[
                        k8s.V1Volume(
                            name="nvme",
                            host_path=k8s.V1HostPathVolumeSource(
                                path="/mnt/disks/ssd0", type="Directory"
                            ),
                        )
                    ],
                )
            )
        },
    )
    def mosaic(tile):
        print(f"/nvme/{tile}.tif")

    mosaic.expand(tile=tiles())


tile_mosaic()
