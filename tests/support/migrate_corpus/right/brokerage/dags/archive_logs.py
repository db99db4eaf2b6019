"""Packs the logs of tasks that are older than a month."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    schedule="@monthly",
    start_date=datetime(2023, 1, 1),
    catchup=False,
    tags=["housekeeping"],
)
def archive_logs():
    # `logs` is a volume of the pod template, which is mounted once more here
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            volume_mounts=[
                                k8s.V1VolumeMount(
                                    name="logs",
                                    mount_path="/mnt/old-logs",
                                    sub_path="archive",
                                )
                            ],
                        )
                    ]
                )
            )
        }
    )
    def pack():
        import tarfile

        with tarfile.open("/mnt/old-logs/month.tar.gz", "w:gz"):
            pass

    pack()


archive_logs()
