"""Renders the public statistics of the study and deploys them."""

from datetime import datetime

from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

scratch = k8s.V1Volume(
    name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="5Gi")
)
scratch_mount = k8s.V1VolumeMount(name="scratch", mount_path="/tmp/site")

dag = DAG(
    "study_portal", schedule="@daily", start_date=datetime(2024, 1, 1), catchup=False
)

render = KubernetesPodOperator(
    dag=dag,
    task_id="render",
    name="portal-render",
    image="registry.study.example/portal-renderer:8",
    image_pull_policy="Always",
    image_pull_secrets=[k8s.V1LocalObjectReference("study-registry")],
    volumes=[scratch],
    volume_mounts=[scratch_mount],
    env_from=[
        k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name="portal")),
    ],
    security_context=k8s.V1PodSecurityContext(run_as_user=1000, fs_group=1000),
    annotations={"lab.example/egress": "api.study.example"},
    automount_service_account_token=False,
)

deploy = KubernetesPodOperator(
    dag=dag,
    task_id="deploy",
    name="portal-deploy",
    image="registry.study.example/portal-deploy:8",
    image_pull_secrets=[k8s.V1LocalObjectReference("study-registry")],
    service_account_name="portal-deploy",
    host_aliases=[k8s.V1HostAlias(ip="10.20.0.7", hostnames=["web-1.study.example"])],
)

render >> deploy
