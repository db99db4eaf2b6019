"""Executor configs that more than one DAG uses, besides the sizes in pods.py."""

from kubernetes.client import models as k8s

REGISTRY = "registry.brightloop.example/ml"
AIRFLOW_TORCH_IMAGE = f"{REGISTRY}/airflow-torch:2.4.1-py311"

# Shared memory for the data loaders of torch, which is 64 MB in a container otherwise.
SHM_VOLUME = k8s.V1Volume(
    name="dshm", empty_dir=k8s.V1EmptyDirVolumeSource(medium="Memory", size_limit="8Gi")
)
SHM_MOUNT = k8s.V1VolumeMount(name="dshm", mount_path="/dev/shm")

TORCH = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base", image=AIRFLOW_TORCH_IMAGE, volume_mounts=[SHM_MOUNT]
                )
            ],
            volumes=[SHM_VOLUME],
        )
    )
}

MLFLOW_WRITER = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    env=[
                        k8s.V1EnvVar(
                            name="MLFLOW_TRACKING_URI",
                            value="https://mlflow.brightloop.example",
                        ),
                        k8s.V1EnvVar(name="MLFLOW_HTTP_REQUEST_TIMEOUT", value="300"),
                    ],
                )
            ],
            service_account_name="mlflow-writer",
        )
    )
}
