"""Deduplicate customers: block, score, merge."""

import pendulum
from airflow.decorators import dag, task, task_group
from kubernetes.client.models import (
    V1Container,
    V1Pod,
    V1PodSpec,
    V1ResourceRequirements,
)

BIG = V1Pod(
    spec=V1PodSpec(
        containers=[
            V1Container(
                name="base",
                resources=V1ResourceRequirements(
                    requests={"cpu": "4", "memory": "16Gi"},
                    limits={"cpu": "4", "memory": "16Gi"},
                ),
            )
        ]
    )
)


@dag(
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    schedule="0 1 * * 6",
    catchup=False,
    tags=["mdm"],
)
def customer_merge():
    @task
    def extract() -> list[str]:
        return ["a-f", "g-l", "m-r", "s-z"]

    @task_group
    def match(block):
        @task(executor_config={"pod_override": BIG})
        def score(block):
            return {"block": block, "pairs": 1000}

        @task(retries=1, executor_config={"pod_override": BIG}, pool="mdm")
        def merge(scored):
            return scored["pairs"] // 7

        return merge(score(block))

    @task
    def report(merged):
        print(sum(merged))

    report(match.expand(block=extract()))


customer_merge()
