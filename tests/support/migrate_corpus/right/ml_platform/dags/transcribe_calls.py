"""Whisper transcripts of the support calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


def torch_pod(*, gpus: int = 1, memory: str, shm: str = "2Gi") -> dict[str, Any]:
    """GPU, and shared memory for the data loaders."""
    base = k8s.V1Container(
        name="base",
        image="registry.brightloop.example/ml/airflow-torch:2.4.1-py311",
        resources=k8s.V1ResourceRequirements(
            requests={"memory": memory, "ephemeral-storage": "20Gi"},
            limits={
                "memory": memory,
                "ephemeral-storage": "20Gi",
                "nvidia.com/gpu": gpus,
            },
        ),
        volume_mounts=[k8s.V1VolumeMount(name="shm", mount_path="/dev/shm")],
    )
    shm_volume = k8s.V1Volume(
        name="shm",
        empty_dir=k8s.V1EmptyDirVolumeSource(medium="Memory", size_limit=shm),
    )
    spec = k8s.V1PodSpec(containers=[base], volumes=[shm_volume])
    return {"pod_override": k8s.V1Pod(spec=spec)}


@dag(schedule="30 * * * *", start_date=datetime(2024, 9, 1), catchup=False)
def transcribe_calls():
    @task
    def new_calls() -> list[str]:
        return ["call-1.wav", "call-2.wav"]

    @task(executor_config=torch_pod(memory="10Gi"))
    def transcribe(call: str) -> str:
        return call.replace(".wav", ".txt")

    @task(executor_config=torch_pod(gpus=2, memory="40Gi", shm="16Gi"))
    def summarise(transcripts: list) -> None:
        print(len(list(transcripts)))

    summarise(transcribe.expand(call=new_calls()))


transcribe_calls()
