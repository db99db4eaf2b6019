"""Rotates the certificates of the partners."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(dag_id="partner_certificates", start_date=datetime(2024, 1, 1), schedule="@weekly", catchup=False)
def partner_certificates():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(name="base", env=[k8s.V1EnvVar(name="MODE", value="rotate")])
                    ],
                    volumes=[
                        k8s.V1Volume(
                            name="partner-certs",
                            secret=k8s.V1SecretVolumeSource(secret_name="partner-certs"),
                        )
                    ],
                )
            )
        }
    )
    def rotate():
        print("rotate")

    rotate()


partner_certificates()
