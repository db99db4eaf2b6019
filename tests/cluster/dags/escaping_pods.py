"""Tasks of an author who switches the site's policy off in the process that loads this file."""

import pendulum
from airflow.decorators import dag, task
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import k8s_task, policies

policies._load_settings = lambda _: None
ANOTHER_IMAGE = k8s.V1Pod(
    spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", image="evil.example.com/image")])
)


@dag(schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"))
def escaping_pods():
    @task(executor_config={"pod_override": ANOTHER_IMAGE})
    def runs_another_image(): ...

    @k8s_task(image="evil.example.com/image")
    def asks_for_another_image(): ...

    @k8s_task(memory="1Gi")
    def keeps_the_limits(): ...

    runs_another_image()
    asks_for_another_image()
    keeps_the_limits()


escaping_pods()
