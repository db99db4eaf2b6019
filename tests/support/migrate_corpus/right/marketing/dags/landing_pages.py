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
                            # Chrome refuses to run as root
                            security_context=k8s.V1SecurityContext(run_as_user=1001),
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
