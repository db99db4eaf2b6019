"""FastQC and MultiQC of last night's runs; the reports are served from the disk with the logs."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

from lab.executor import make_executor_config


@dag(schedule="0 7 * * *", start_date=datetime(2024, 1, 1), catchup=False)
def qc_report():
    @task(executor_config=make_executor_config("core"))
    def fastqc(run: str) -> str:
        return run

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            volume_mounts=[
                                # a volume of the pod template, so there is none of that name here
                                k8s.V1VolumeMount(
                                    name="logs",
                                    mount_path="/srv/reports",
                                    sub_path="reports",
                                ),
                            ],
                        )
                    ]
                )
            )
        }
    )
    def multiqc(runs: list) -> None:
        print(list(runs))

    multiqc(fastqc.expand(run=["A", "B"]))


qc_report()
