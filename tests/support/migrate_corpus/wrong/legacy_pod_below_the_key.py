"""Scores the leads of the day. Moved to V1Pod in the upgrade to Airflow 2."""

import pendulum
from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    dag_id="lead_scoring",
    start_date=pendulum.datetime(2023, 2, 1, tz="UTC"),
    schedule="@daily",
    catchup=False,
    tags=["marketing"],
)
def lead_scoring():
    @task
    def read_leads():
        return [1, 2, 3]

    @task(
        executor_config={
            "KubernetesExecutor": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"cpu": "1", "memory": "3Gi"},
                                limits={"cpu": "2", "memory": "3Gi"},
                            ),
                        )
                    ]
                )
            )
        }
    )
    def score(leads):
        # the model itself is some 2 GiB
        print(len(leads))

    score(read_leads())


lead_scoring()
