"""Translates the product texts with the model of the language team."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

GPU_POD = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(labels={"app": "translate"}),
    spec=k8s.V1PodSpec(
        node_selector={"accelerator": "nvidia-l4"},
        tolerations=[k8s.V1Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")],
        containers=[
            k8s.V1Container(
                name="translate",  # easier to find in the dashboards
                image="registry.example.com/language/airflow:cuda12",
                resources=k8s.V1ResourceRequirements(
                    requests={"nvidia.com/gpu": "1"}, limits={"nvidia.com/gpu": "1"}
                ),
            )
        ],
    ),
)


@dag(dag_id="translate_products", start_date=datetime(2024, 5, 1), schedule="@daily", catchup=False)
def translate_products():
    @task
    def texts():
        return ["Schraube"]

    @task(executor_config={"pod_override": GPU_POD})
    def translate(items):
        print(items)

    translate(texts())


translate_products()
