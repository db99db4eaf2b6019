"""Looks for flooded areas as soon as the gauges report high water."""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.sensors.base import PokeReturnValue
from kubernetes.client import models as k8s

tiny = k8s.V1ResourceRequirements(
    requests={"cpu": "50m", "memory": "192Mi"},
    limits={"cpu": "100m", "memory": "256Mi"},
)
tiny_pod = k8s.V1Pod(
    spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", resources=tiny)])
)


@dag(
    schedule="@hourly", start_date=datetime(2024, 1, 1), catchup=False, tags=["alerts"]
)
def flood_alert():
    @task.sensor(
        poke_interval=120,
        timeout=3000,
        mode="reschedule",
        executor_config={"pod_override": tiny_pod},
    )
    def high_water() -> PokeReturnValue:
        return PokeReturnValue(is_done=True, xcom_value=["rhine", "elbe"])

    @task
    def detect(rivers: list) -> int:
        return len(rivers)

    @task.short_circuit(executor_config={"pod_override": tiny_pod})
    def anything(areas: int) -> bool:
        return areas > 0

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[
                                k8s.V1EnvVar(
                                    name="PAGERDUTY_KEY",
                                    value_from=k8s.V1EnvVarSource(
                                        secret_key_ref=k8s.V1SecretKeySelector(
                                            name="quasaric-zenith-1234-env",
                                            key="PAGERDUTY_KEY",
                                        )
                                    ),
                                )
                            ],
                        )
                    ]
                )
            )
        }
    )
    def page():
        print("paged")

    anything(detect(high_water())) >> page()


flood_alert()
