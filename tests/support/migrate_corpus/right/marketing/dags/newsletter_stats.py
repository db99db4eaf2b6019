"""Opens and clicks of the newsletters."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

from shared.sizes import LARGE, SMALL


@dag(
    schedule="0 9 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    tags=["newsletter"],
)
def newsletter_stats():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[k8s.V1Container(name="base", resources=SMALL)]
                )
            )
        }
    )
    def sent_yesterday():
        return ["weekly", "sale", "welcome"]

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[k8s.V1Container(name="base", resources=LARGE)]
                )
            )
        }
    )
    def aggregate(newsletter):
        return {newsletter: 0.37}

    @task
    def store(rates):
        print(rates)

    store(aggregate.expand(newsletter=sent_yesterday()))


newsletter_stats()
