"""Spreads the simulations over the zones, since the quota is one of each zone."""

import random
from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

ZONES = ["europe-west1-b", "europe-west1-c", "europe-west1-d"]


def in_some_zone():
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[k8s.V1Container(name="base")],
                node_selector={"topology.kubernetes.io/zone": random.choice(ZONES)},
            )
        )
    }


@dag(dag_id="grid_simulation", start_date=datetime(2024, 1, 1), schedule="@daily", catchup=False)
def grid_simulation():
    @task(executor_config=in_some_zone())
    def simulate():
        print("simulate")

    @task
    def collect():
        print("collect")

    simulate() >> collect()


grid_simulation()
