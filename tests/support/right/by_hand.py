"""Overrides as people write them by hand, and right: what ANCHORS counts in public repositories."""

from __future__ import annotations

import pendulum
from kubernetes.client import models as k8s

try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

START = pendulum.datetime(2026, 1, 1, tz="UTC")


def pod(container=None, metadata=None, **spec):
    """Make the pod that people write, around its worker container."""
    worker = k8s.V1Container(name="base", **(container or {}))
    spec = k8s.V1PodSpec(**{"containers": [worker], **spec})
    return {"pod_override": k8s.V1Pod(metadata=metadata, spec=spec)}


def resources(requests=None, limits=None):
    """Make a worker container's resources."""
    return {"resources": k8s.V1ResourceRequirements(requests=requests, limits=limits)}


def mounted(volume, **mount):
    """Make a worker container with one mount, and the pod's volume for it."""
    return pod({"volume_mounts": [k8s.V1VolumeMount(name=volume.name, **mount)]}, volumes=[volume])


def secret_variable(name, secret, key):
    """Make a variable from a key of a secret."""
    selector = k8s.V1SecretKeySelector(name=secret, key=key)
    return k8s.V1EnvVar(name=name, value_from=k8s.V1EnvVarSource(secret_key_ref=selector))


HARMLESS = {
    "MAX_TOKENS": "4096",
    "TOKENIZERS_PARALLELISM": "false",
    "SECRET_NAME": "warehouse",
    "PASSWORD_FILE": "/run/secrets/password",
    "WAREHOUSE_URL": "postgresql://warehouse:5432/etl",
    "SHOW_PASSWORD": "true",
    "API_KEY": "$(FROM_ELSEWHERE)",
}
GPU = {"nvidia.com/gpu": "1"}
GPU_TAINT = k8s.V1Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")
TERM = k8s.V1NodeSelectorTerm([k8s.V1NodeSelectorRequirement(key="zone", operator="In", values=["a", "b"])])
NEAR = k8s.V1Affinity(
    node_affinity=k8s.V1NodeAffinity(
        required_during_scheduling_ignored_during_execution=k8s.V1NodeSelector([TERM])
    )
)
CLAIM = k8s.V1Volume(
    name="models", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="models")
)
SETTINGS = k8s.V1Volume(name="settings", config_map=k8s.V1ConfigMapVolumeSource(name="etl"))
SCRATCH = k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="2Gi"))
DISK = k8s.V1Volume(name="disk", host_path=k8s.V1HostPathVolumeSource(path="/mnt/ssd", type="Directory"))
TLS = k8s.V1Volume(name="tls", secret=k8s.V1SecretVolumeSource(secret_name="tls", optional=True))
TOKEN = k8s.V1Volume(
    name="token",
    projected=k8s.V1ProjectedVolumeSource(
        sources=[
            k8s.V1VolumeProjection(
                service_account_token=k8s.V1ServiceAccountTokenProjection(audience="vault", path="token")
            )
        ]
    ),
)
PROXY = k8s.V1Container(name="proxy", image="proxy:1", args=["--port", "5432"], restart_policy="Always")
FETCH = k8s.V1Container(name="fetch", image="busybox:1.37", command=["sh", "-c", "true"])

CONFIGS = {
    "equal_amounts": pod(resources({"cpu": 0.5, "memory": "1024Mi"}, {"cpu": 0.5, "memory": "1024Mi"})),
    "two_amounts": pod(resources({"cpu": "500m", "memory": "1Gi"}, {"cpu": "2", "memory": "4Gi"})),
    "limits_only": pod(resources(limits={"memory": "2Gi"})),
    "memory_limit_without_cpu_limit": pod(resources({"cpu": "1", "memory": "2Gi"}, {"memory": "2Gi"})),
    "scratch_on_the_node": pod(resources({"ephemeral-storage": "5Gi"}, {"ephemeral-storage": "10Gi"})),
    "gpu": pod(resources(GPU, GPU), node_selector={"accelerator": "a100"}, tolerations=[GPU_TAINT]),
    "image": pod({"image": "registry.example.com/team/airflow-etl:3", "image_pull_policy": "Always"}),
    "private_image": pod(
        {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/python-etl:1"},
        image_pull_secrets=[k8s.V1LocalObjectReference(name="registry")],
    ),
    "literals": pod({"env": [k8s.V1EnvVar(name=name, value=value) for name, value in HARMLESS.items()]}),
    "secret_variable": pod({"env": [secret_variable("WAREHOUSE_PASSWORD", "warehouse", "password")]}),
    "whole_secret": pod(
        {"env_from": [k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name="warehouse"))]}
    ),
    "labels": pod(metadata=k8s.V1ObjectMeta(labels={"team": "finance", "tier": "batch"})),
    "egress_allowlist": pod(metadata=k8s.V1ObjectMeta(annotations={"egress.example.com/allow": "db:5432"})),
    "namespace": pod(metadata=k8s.V1ObjectMeta(namespace="airflow-batch")),
    "node_selector": pod(node_selector={"disk": "ssd"}),
    "toleration": pod(tolerations=[k8s.V1Toleration(key="batch", value="true", effect="NoSchedule")]),
    "affinity": pod(affinity=NEAR),
    "service_account": pod(service_account_name="etl"),
    "claim": mounted(CLAIM, mount_path="/models", read_only=True),
    "one_file_of_a_config_map": mounted(SETTINGS, mount_path="/etc/etl.toml", sub_path="etl.toml"),
    "scratch": mounted(SCRATCH, mount_path="/scratch"),
    "host_path": mounted(DISK, mount_path="/ssd"),
    "optional_secret_file": mounted(TLS, mount_path="/tls", read_only=True),
    "projected_token": mounted(TOKEN, mount_path="/var/run/vault"),
    "volume_of_the_template": pod(
        {"volume_mounts": [k8s.V1VolumeMount(name="logs", mount_path="/more", sub_path="more")]}
    ),
    "pod_security": pod(security_context=k8s.V1PodSecurityContext(run_as_user=50000, fs_group=0)),
    "container_security": pod({"security_context": k8s.V1SecurityContext(read_only_root_filesystem=True)}),
    "scheduler": pod(scheduler_name="batch-scheduler"),
    "no_token": pod(automount_service_account_token=False),
    "never_restarted": pod(restart_policy="Never"),
    "native_sidecar": pod(init_containers=[PROXY]),
    "init_container": pod(init_containers=[FETCH]),
    "own_template": {"pod_template_file": "/opt/airflow/pod_templates/large.yaml"},
    "another_executor": {"CeleryExecutor": {"queue": "large"}},
    "the_ecs_executor": {"overrides": {"containerOverrides": []}, "launchType": "FARGATE"},
    "nothing": {},
}

with DAG("by_hand", start_date=START, schedule=None):
    for name, config in CONFIGS.items():

        @task(task_id=name, executor_config=config)
        def of_that_name(): ...

        of_that_name()

    @task(executor_config=CONFIGS["two_amounts"])
    def mapped(number): ...

    mapped.expand(number=[1, 2])
