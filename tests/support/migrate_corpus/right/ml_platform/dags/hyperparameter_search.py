"""Random search over the booster's parameters.

Each trial gets a disk of its own for its cache: the nodes' disks are too small.
"""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

CACHE = k8s.V1Volume(
    name="trial-cache",
    ephemeral=k8s.V1EphemeralVolumeSource(
        volume_claim_template=k8s.V1PersistentVolumeClaimTemplate(
            spec=k8s.V1PersistentVolumeClaimSpec(
                access_modes=["ReadWriteOnce"],
                storage_class_name="gp3",
                resources=k8s.V1VolumeResourceRequirements(
                    requests={"storage": "200Gi"}
                ),
            )
        )
    ),
)


@dag(schedule=None, start_date=datetime(2024, 1, 1), tags=["booster"])
def hyperparameter_search():
    @task
    def sample(n: int = 20) -> list[dict]:
        import random

        return [
            {"eta": random.uniform(0.01, 0.3), "depth": random.randint(3, 12)}
            for _ in range(n)
        ]

    @task(
        max_active_tis_per_dag=10,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="registry.brightloop.example/ml/airflow-booster:2.1.1",
                            image_pull_policy="IfNotPresent",
                            volume_mounts=[
                                k8s.V1VolumeMount(
                                    name="trial-cache", mount_path="/cache"
                                )
                            ],
                        )
                    ],
                    volumes=[CACHE],
                    # the disk belongs to root otherwise
                    security_context=k8s.V1PodSecurityContext(fs_group=50000),
                )
            )
        },
    )
    def trial(parameters: dict) -> float:
        return parameters["eta"] * parameters["depth"]

    @task
    def best(losses: list) -> float:
        return min(losses)

    best(trial.expand(parameters=sample()))


hyperparameter_search()
