"""Video understanding: cutting scenes on CPUs, labelling them on GPUs."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def make_pod(memory, gpu=False, scratch=None):
    container = k8s.V1Container(
        name="base",
        resources=k8s.V1ResourceRequirements(requests={"memory": memory}, limits={"memory": memory}),
    )
    spec = k8s.V1PodSpec(containers=[container])
    if gpu:
        container.resources.limits["nvidia.com/gpu"] = "1"
        spec.node_selector = {"accelerator": "nvidia-l4"}
        spec.tolerations = [k8s.V1Toleration(key="nvidia.com/gpu", operator="Exists")]
    if scratch:
        spec.volumes = [
            k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit=scratch))
        ]
        container.volume_mounts = [k8s.V1VolumeMount(name="scratch", mount_path="/scratch")]
    return {"pod_override": k8s.V1Pod(spec=spec)}


def cut():
    print("cut")


def label():
    print("label")


with DAG(
    "video_understanding",
    start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
    schedule="@daily",
    catchup=False,
):
    cut_task = PythonOperator(
        task_id="cut",
        python_callable=cut,
        executor_config=make_pod("4Gi", scratch="20Gi"),  # ffmpeg's chunks
    )
    label_task = PythonOperator(task_id="label", python_callable=label, executor_config=make_pod("8Gi", gpu=True))
    cut_task >> label_task
