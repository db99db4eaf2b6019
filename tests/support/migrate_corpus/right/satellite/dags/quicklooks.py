"""Small pictures of each product for the web site."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

fonts = k8s.V1Volume(name="fonts", empty_dir=k8s.V1EmptyDirVolumeSource())

quicklook_pod = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        # the licence of the font does not let us put it into an image
        init_containers=[
            k8s.V1Container(
                name="fetch-fonts",
                image="curlimages/curl:8.10.1",
                command=[
                    "curl",
                    "-sSfo",
                    "/fonts/brand.otf",
                    "http://assets.skyview.example/brand.otf",
                ],
                volume_mounts=[k8s.V1VolumeMount(name="fonts", mount_path="/fonts")],
            )
        ],
        containers=[
            k8s.V1Container(
                name="base",
                image="gitlab.skyview.example:5050/processors/airflow-quicklook:1.1",
                volume_mounts=[
                    k8s.V1VolumeMount(
                        name="fonts", mount_path="/usr/share/fonts/brand"
                    ),
                ],
            )
        ],
        volumes=[fonts],
    )
)


@dag(schedule="@hourly", start_date=datetime(2024, 1, 1), catchup=False)
def quicklooks():
    @task(executor_config={"pod_override": quicklook_pod})
    def draw(product):
        print(product)

    draw.expand(product=["a", "b", "c"])


quicklooks()
