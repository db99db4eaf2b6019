"""Imports the CSV files that the survey provider uploads by SFTP."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

# Provisioned by terraform, see infra/modules/airflow/volumes.tf
VOLUME = k8s.V1Volume(
    name="sftp-upload",
    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(
        claim_name="sftp-upload"
    ),
)
MOUNT = k8s.V1VolumeMount(name="sftp-upload", mount_path="/mnt/sftp", read_only=True)


@dag(schedule="*/30 * * * *", start_date=datetime(2024, 7, 1), catchup=False)
def survey_import():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[k8s.V1Container(name="base", volume_mounts=[MOUNT])],
                    volumes=[VOLUME],
                )
            )
        }
    )
    def find_files():
        from pathlib import Path

        return [str(path) for path in Path("/mnt/sftp").glob("survey_*.csv")]

    @task(
        executor_config={
            "pod_template_file": "/usr/local/airflow/pod_templates/small.yaml"
        }
    )
    def report(files):
        print(f"{len(files)} new files")

    report(find_files())


survey_import()
