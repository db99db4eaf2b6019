"""Syncs the product images into the CDN's bucket."""

import pendulum
from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    dag_id="cdn_images",
    start_date=pendulum.datetime(2023, 4, 1, tz="UTC"),
    schedule="@hourly",
    catchup=False,
)
def cdn_images():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    service_account_name="cdn-writer",
                    containers=[
                        k8s.V1Container(
                            name="base",
                            command=["bash", "-c"],
                            args=["aws s3 sync /images s3://cdn/{{ ds_nodash }}/"],
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "500m", "memory": "256Mi"},
                                limits={"cpu": "1", "memory": "256Mi"},
                            ),
                        )
                    ],
                )
            )
        }
    )
    def sync():
        """Nothing to do here, the container does it."""

    @task
    def purge():
        print("purge")

    sync() >> purge()


cdn_images()
