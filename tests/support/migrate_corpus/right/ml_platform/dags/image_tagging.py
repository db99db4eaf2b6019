"""Tags product photos with CLIP."""

from datetime import datetime

import kubernetes.client as kc
from airflow.decorators import dag, task, task_group

from include.executor_configs import TORCH

one_core = {
    "pod_override": kc.V1Pod(
        spec=kc.V1PodSpec(
            containers=[
                kc.V1Container(
                    name="base",
                    resources=kc.V1ResourceRequirements(
                        requests={"cpu": 1, "memory": "1500Mi"},
                        limits={"cpu": 1, "memory": "1500Mi"},
                    ),
                )
            ]
        )
    )
}


@dag(schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False)
def image_tagging():
    @task_group(default_args={"executor_config": one_core, "retries": 3})
    def prepare():
        @task
        def list_photos():
            return 10_000

        @task
        def thumbnails(count):
            return count

        return thumbnails(list_photos())

    @task(executor_config=TORCH)
    def tag(count):
        print(f"{count} photos tagged")

    tag(prepare())


image_tagging()
