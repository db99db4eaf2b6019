"""Registers new products in the STAC catalogue, which wants a token for its own audience."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

TOKEN_VOLUME = k8s.V1Volume(
    name="stac-token",
    projected=k8s.V1ProjectedVolumeSource(
        sources=[
            k8s.V1VolumeProjection(
                service_account_token=k8s.V1ServiceAccountTokenProjection(
                    audience="stac.skyview.example",
                    expiration_seconds=3600,
                    path="token",
                )
            )
        ]
    ),
)


@dag(schedule="50 * * * *", start_date=datetime(2024, 1, 1), catchup=False)
def catalogue_update():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            volume_mounts=[
                                k8s.V1VolumeMount(
                                    name="stac-token",
                                    mount_path="/var/run/secrets/stac",
                                    read_only=True,
                                )
                            ],
                        )
                    ],
                    volumes=[TOKEN_VOLUME],
                )
            )
        }
    )
    def register():
        with open("/var/run/secrets/stac/token") as file:
            print(len(file.read()))

    register()


catalogue_update()
