"""Worker containers that no longer run the task (ANCHORS: 5 replace command or args, 5 aren't called `base`).

Airflow merges containers by position, not by name (DESIGN 4.1; issue 62069: `base` cannot be renamed), and
puts the task's own command into the first: a typo renames the worker, a sidecar listed first becomes the
worker. An image without Airflow cannot run a task at all (ANCHORS: "images without Airflow").
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


PROXY = k8s.V1Container(name="proxy", image="proxy:1")

with DAG("containers", start_date=START, schedule=None):

    @task(executor_config=pod(containers=[k8s.V1Container(name="bsae", image="etl:1")]))
    def renamed(): ...

    @task(executor_config=pod(containers=[PROXY, k8s.V1Container(name="base")]))
    def sidecar_first(): ...

    @task(executor_config=pod({"args": ["python", "/etl/load.py"]}))
    def own_args(): ...

    @task(executor_config=pod({"command": ["bash", "-c", "echo {{ ds }}"]}))
    def own_command(): ...

    @task(executor_config=pod({"image": "busybox"}))
    def busybox(): ...

    @task(executor_config=pod({"image": "docker.io/library/python:3.12-slim"}))
    def plain_python(): ...

    @task(executor_config=pod(containers=[k8s.V1Container(name="base"), PROXY]))
    def never_ending_sidecar(): ...

    renamed()
    sidecar_first()
    own_args()
    own_command()
    busybox()
    plain_python()
    never_ending_sidecar()
