"""Reads the schedule of the ground stations over the VPN, for which the pod has a sidecar."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule="*/20 * * * *", start_date=datetime(2024, 1, 1), catchup=False)
def ground_stations():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(labels={"network": "vpn"}),
                spec=k8s.V1PodSpec(
                    init_containers=[
                        # ends with the task, since Kubernetes 1.29
                        k8s.V1Container(
                            name="wireguard",
                            image="gitlab.skyview.example:5050/infra/wireguard-proxy:1.4",
                            restart_policy="Always",
                            args=["--listen", "127.0.0.1:1080"],
                        )
                    ],
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-stations:2.0",
                            env=[
                                k8s.V1EnvVar(
                                    name="ALL_PROXY", value="socks5://127.0.0.1:1080"
                                )
                            ],
                        )
                    ],
                ),
            )
        },
    )
    def read(station: str):
        print(station)

    read.expand(station=["kiruna", "matera", "svalbard"])


ground_stations()
