"""A DAG file that uses every pod option, every flavour and every other public name."""

from __future__ import annotations

import sys

import pendulum

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    K8sBashOperator,
    K8sPythonOperator,
    PersistentVolumeClaim,
    ResourceClaim,
    ResourceClaimTemplate,
    Secret,
    Toleration,
    k8s_config,
    k8s_operator,
    k8s_task,
)

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.sensors.bash import BashSensor
    from airflow.sdk import DAG, TaskGroup, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator
    from airflow.sensors.bash import BashSensor
    from airflow.utils.task_group import TaskGroup

EVERY_OPTION = {
    "cpu": (0.5, 2),
    "memory": ("1Gi", "2Gi"),
    "ephemeral_storage": "10Gi",
    "gpu": {"amd.com/gpu": 1},
    "resource_claims": {"gpu": ResourceClaimTemplate("a100"), "shared": ResourceClaim("team-gpus")},
    "shared_memory": "1Gi",
    "pod_resources": {"cpu": (2, 4), "memory": "8Gi"},
    "secrets": [
        "MY_SECRET",
        Secret("DB_PASSWORD", env="PGPASSWORD"),
        Secret("KEY", file="/secrets/key.pem", name="another", optional=True),
    ],
    "env_vars": {"LEVEL": "debug", "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}},
    "env_from": ["configmap/app", {"secretRef": {"name": "db"}}],
    "image": "registry.example.com/etl:1",
    "image_pull_policy": "Always",
    "image_pull_secrets": ["registry"],
    "volumes": {
        "/scratch": EmptyDir(size="2Gi"),
        "/config": ConfigMap("app", items={"app.toml": "app.toml"}),
        "/data": PersistentVolumeClaim("data", read_only=True, sub_path="today"),
        "/model": ImageVolume("registry.example.com/model:1"),
        "/host": HostPath("/var/log", type="Directory", read_only=True),
        "/token": {"projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}},
    },
    "container_security_context": {"runAsNonRoot": True},
    "node_selector": {"disk": "ssd"},
    "tolerations": ["gpu=true:NoSchedule", Toleration("spot", effect="NoExecute", toleration_seconds=60)],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]
            }
        }
    },
    "topology_spread_constraints": [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"team": "etl"}},
        }
    ],
    "disruption": "avoid",
    "queue_name": "team-a",
    "priority_class_name": "high",
    "scheduler_name": "volcano",
    "service_account_name": "etl",
    "automount_service_account_token": False,
    "runtime_class_name": "gvisor",
    "security_context": {"fsGroup": 50000},
    "host_aliases": {"10.1.2.3": ["db.local"]},
    "labels": {"team": "etl"},
    "annotations": {"example.com/owner": "etl"},
    "init_containers": [{"name": "fetch", "image": "busybox:1.37", "command": ["true"]}],
    "sidecars": [{"name": "proxy", "image": "proxy:1"}],
    "termination_grace_period_seconds": 0,
    "active_deadline_seconds": 3600,
    "namespace": "etl",
    "profile": "gpu-large",
    "release": "infrared-photon-7780",
    "pod_template_file": "/opt/airflow/pod_template.yaml",
    "pod_override": {"spec": {"hostname": "worker", "containers": [{"name": "base", "tty": True}]}},
}


def do_something(x: int = 0) -> int:
    return x


with DAG(
    dag_id="every_option",
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    schedule=None,
    default_args={"executor_config": k8s_config(**EVERY_OPTION)},
):
    k8s_task(do_something)()
    k8s_task(**EVERY_OPTION)(do_something)()
    k8s_task(**EVERY_OPTION)(do_something).override(task_id="overridden", cpu=2).expand(x=[1, 2])
    task.k8s(**EVERY_OPTION, task_id="airflows_own")(do_something)()
    with TaskGroup("flavours", default_args={"cpu": 1}):
        k8s_task.bash(**EVERY_OPTION, task_id="bash")(do_something)()
        k8s_task.branch(**EVERY_OPTION, task_id="branch")(do_something)()
        k8s_task.short_circuit(**EVERY_OPTION, task_id="short_circuit")(do_something)()
        k8s_task.sensor(**EVERY_OPTION, task_id="sensor")(do_something)()
        k8s_task.virtualenv(**EVERY_OPTION, task_id="virtualenv")(do_something)()
        k8s_task.branch_virtualenv(**EVERY_OPTION, task_id="branch_virtualenv")(do_something)()
        for name in ("external_python", "branch_external_python"):
            flavour = getattr(k8s_task, name)
            flavour(**EVERY_OPTION, python=sys.executable, task_id=name)(do_something)()
    with TaskGroup("operators"):
        K8sBashOperator(**EVERY_OPTION, task_id="bash", bash_command="echo hi")
        K8sPythonOperator(**EVERY_OPTION, task_id="python", python_callable=do_something)
        k8s_operator(BashSensor)(  # noqa: AIR312  # Airflow 2's
            **EVERY_OPTION, task_id="sensor", bash_command="true"
        )
        BashOperator(task_id="plain", bash_command="true")
        K8sBashOperator.partial(**EVERY_OPTION, task_id="mapped").expand(bash_command=["true", "false"])
