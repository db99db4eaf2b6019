"""Runs the pricing models. The release of the models is a Variable that their pipeline sets."""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.models import Variable
from kubernetes.client import models as k8s

REGISTRY = "registry.example.com"


@dag(dag_id="pricing_models", start_date=datetime(2023, 8, 1), schedule="0 3 * * *", catchup=False)
def pricing_models():
    release = Variable.get("pricing_release", default_var="2024.1")

    @task(
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image=f"{REGISTRY}/pricing/airflow:{release}",
                        )
                    ]
                )
            )
        }
    )
    def price():
        print("price")

    @task
    def publish():
        print("publish")

    price() >> publish()


pricing_models()
