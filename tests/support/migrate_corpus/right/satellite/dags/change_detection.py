"""Detects construction sites between two mosaics."""

from datetime import datetime

import pendulum
from airflow.decorators import dag, task
from kubernetes.client import models as k8s


def on_zone(*zones: str):
    """Stay in the zones in which the data is: traffic between zones is what we pay most for."""
    return k8s.V1Affinity(
        node_affinity=k8s.V1NodeAffinity(
            required_during_scheduling_ignored_during_execution=k8s.V1NodeSelector(
                node_selector_terms=[
                    k8s.V1NodeSelectorTerm(
                        match_expressions=[
                            k8s.V1NodeSelectorRequirement(
                                key="topology.kubernetes.io/zone",
                                operator="In",
                                values=list(zones),
                            )
                        ]
                    )
                ]
            )
        )
    )


@dag(
    schedule="0 12 2 * *",
    start_date=pendulum.instance(datetime(2024, 1, 1)),
    catchup=False,
)
def change_detection():
    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="gitlab.skyview.example:5050/processors/airflow-changes:0.4.2",
                        )
                    ],
                    automount_service_account_token=False,
                    affinity=on_zone("eu-central-1a", "eu-central-1b"),
                )
            )
        }
    )
    def compare(month=None):
        print(month)

    @task
    def publish():
        print("published")

    compare() >> publish()


change_detection()
