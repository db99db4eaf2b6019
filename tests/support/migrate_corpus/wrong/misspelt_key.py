"""Cleans the address book of the call centre."""

import pendulum
from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    dag_id="address_book",
    start_date=pendulum.datetime(2024, 2, 1, tz="UTC"),
    schedule="@daily",
    catchup=False,
)
def address_book():
    @task(
        executor_config={
            "pod_overide": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                # postal's data files
                                requests={"memory": "4Gi"},
                                limits={"memory": "4Gi"},
                            ),
                        )
                    ]
                )
            )
        }
    )
    def normalise():
        print("normalise")

    @task
    def upload():
        print("upload")

    normalise() >> upload()


address_book()
