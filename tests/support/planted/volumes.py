"""Volumes and mounts that do not meet (ANCHORS: a mount with no volume and a volume with no mount).

A mount path or a volume that stands there twice is a 422 (DESIGN 4.2); Airflow's own
`Secret.to_volume_secret()` names its volume by a new uuid at every parse, and so makes a new DAG version
each time (DESIGN 4.5; issues 56471, 58310 and 63334).
"""

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


def mounts(*names_and_paths):
    """Make a worker container's mounts."""
    return {
        "volume_mounts": [k8s.V1VolumeMount(name=name, mount_path=path) for name, path in names_and_paths]
    }


SCRATCH = k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource())
CERTIFICATE = k8s.V1Volume(
    name="secretvol5f0c2a8e0d8a4f0f9a3d3f6c1b2e4d7a", secret=k8s.V1SecretVolumeSource(secret_name="tls")
)

with DAG("volumes", start_date=START, schedule=None):

    @task(executor_config=pod(mounts(("scartch", "/scratch")), volumes=[SCRATCH]))
    def mount_without_a_volume(): ...

    @task(executor_config=pod(volumes=[SCRATCH]))
    def volume_without_a_mount(): ...

    @task(executor_config=pod(mounts(("scratch", "/a"), ("scratch", "/a")), volumes=[SCRATCH]))
    def path_twice(): ...

    @task(executor_config=pod(mounts(("scratch", "/a")), volumes=[SCRATCH, SCRATCH]))
    def volume_twice(): ...

    @task(executor_config=pod(mounts((CERTIFICATE.name, "/tls")), volumes=[CERTIFICATE]))
    def new_name_at_every_parse(): ...

    mount_without_a_volume()
    volume_without_a_mount()
    path_twice()
    volume_twice()
    new_name_at_every_parse()
