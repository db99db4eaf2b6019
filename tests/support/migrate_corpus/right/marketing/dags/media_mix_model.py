"""Bayesian media mix model, by PyMC. Four chains, so four cores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


def k8s_exec(
    cpu: float = 0.5,
    memory: int = 1000,
    *,
    max_memory: int = 1000,
    labels: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Executor config of a task.

    :param cpu: cores
    :param memory: MB that are reserved
    :param max_memory: MB at which it is killed
    :param labels: labels of the pod
    """
    return {
        "pod_override": k8s.V1Pod(
            metadata=k8s.V1ObjectMeta(labels=labels),
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": cpu, "memory": f"{memory}M"},
                            limits={"cpu": cpu, "memory": f"{max_memory}M"},
                        ),
                    )
                ]
            ),
        )
    }


@dag(schedule="0 0 * * 1", start_date=datetime(2024, 1, 1), catchup=False, tags=["mmm"])
def media_mix_model():
    @task(executor_config=k8s_exec())
    def read_spend() -> list[float]:
        return [0.1, 0.2]

    @task(
        executor_config=k8s_exec(
            cpu=4, memory=6000, max_memory=10000, labels={"model": "mmm"}
        )
    )
    def sample(spend: list[float]) -> float:
        return sum(spend)

    @task(executor_config=k8s_exec(cpu=1, max_memory=2000))
    def plot(posterior: float) -> None:
        print(posterior)

    plot(sample(read_spend()))


media_mix_model()
