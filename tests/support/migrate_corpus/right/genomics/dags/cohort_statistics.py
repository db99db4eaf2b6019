"""Allele frequencies of the cohort. The template has the sidecar that encrypts, the override the size."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule="@monthly", start_date=datetime(2024, 1, 1), catchup=False)
def cohort_statistics():
    @task(
        executor_config={
            "pod_template_file": "/opt/airflow/pod_templates/encrypted.yaml",
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                limits={"cpu": "4", "memory": "16Gi"}
                            ),
                        )
                    ]
                )
            ),
        }
    )
    def frequencies(population: str):
        print(population)

    frequencies.expand(population=["eur", "afr", "eas", "sas", "amr"])


cohort_statistics()
