"""Measures our landing pages with Lighthouse."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False)
def landing_pages():
    @task.bash(
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(labels={"app": "lighthouse"}),
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="ghcr.io/lumen/airflow-lighthouse:12.2.1",
                            resources=k8s.V1ResourceRequirements(
                                # Chrome
                                requests={"cpu": "1", "memory": "1Gi"},
                                limits={"cpu": "2", "memory": "2Gi"},
                            ),
                        )
                    ],
                    restart_policy="Never",
                ),
            )
        }
    )
    def measure(url):
        return f"lighthouse {url} --output json --quiet"

    measure.expand(url=["https://lumen.example", "https://lumen.example/sale"])


landing_pages()
