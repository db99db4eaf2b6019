"""Deduplicate customers: block, score, merge."""

import pendulum
from airflow.decorators import dag, task, task_group
from kubernetes.client.models import (
    V1Affinity,
    V1Container,
    V1LabelSelector,
    V1ObjectMeta,
    V1Pod,
    V1PodAffinityTerm,
    V1PodAntiAffinity,
    V1PodSpec,
    V1ResourceRequirements,
)

# Two of them on one node are slower than one after the other: it is all about memory bandwidth.
ALONE = V1Affinity(
    pod_anti_affinity=V1PodAntiAffinity(
        required_during_scheduling_ignored_during_execution=[
            V1PodAffinityTerm(
                label_selector=V1LabelSelector(match_labels={"matching": "customers"}),
                topology_key="kubernetes.io/hostname",
            )
        ]
    )
)

BIG = V1Pod(
    metadata=V1ObjectMeta(labels={"matching": "customers"}),
    spec=V1PodSpec(
        affinity=ALONE,
        containers=[
            V1Container(
                name="base",
                resources=V1ResourceRequirements(
                    requests={"cpu": "4", "memory": "16Gi"},
                    limits={"cpu": "4", "memory": "16Gi"},
                ),
            )
        ],
    ),
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
