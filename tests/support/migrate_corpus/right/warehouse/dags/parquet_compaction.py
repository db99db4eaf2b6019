"""Compacts the small parquet files of the day into one per partition."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(schedule="0 23 * * *", start_date=datetime(2024, 1, 1), catchup=False)
def parquet_compaction():
    @task
    def partitions(ds=None):
        return [f"{ds}/{hour:02}" for hour in range(24)]

    @task(
        max_active_tis_per_dag=6,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    affinity={
                        "nodeAffinity": {
                            "requiredDuringSchedulingIgnoredDuringExecution": {
                                "nodeSelectorTerms": [
                                    {
                                        "matchExpressions": [
                                            {
                                                "key": "disk",
                                                "operator": "In",
                                                "values": ["ssd", "nvme"],
                                            }
                                        ]
                                    }
                                ]
                            }
                        }
                    },
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={
                                    "cpu": 1,
                                    "memory": "4Gi",
                                    "ephemeral-storage": "20Gi",
                                },
                                limits={
                                    "cpu": 2,
                                    "memory": "4Gi",
                                    "ephemeral-storage": "20Gi",
                                },
                            ),
                        )
                    ],
                )
            )
        },
    )
    def compact(partition: str):
        import pyarrow.dataset as ds

        ds.write_dataset(
            ds.dataset(f"s3://lake/raw/events/{partition}"),
            f"/tmp/{partition}",
            format="parquet",
        )

    compact.expand(partition=partitions())


parquet_compaction()
