"""Resources that are refused, or not what was meant.

Requests alone drop the pod template's limits, because resources are replaced as a whole (DESIGN 4.2;
ANCHORS: 5 with requests only); a limit below its request is a 422 that is found at launch (issue 10278);
presets for GPU nodes that ask for no GPU (ANCHORS), a GPU without its limit (DESIGN 4.10), and plain numbers
(ANCHORS: 6).
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


def resources(requests=None, limits=None):
    """Make a worker container's resources."""
    return {"resources": k8s.V1ResourceRequirements(requests=requests, limits=limits)}


GPU_TAINT = k8s.V1Toleration(key="nvidia.com/gpu", operator="Exists", effect="NoSchedule")

with DAG("resources", start_date=START, schedule=None):

    @task(executor_config=pod(resources(requests={"memory": "2Gi"})))
    def requests_only(): ...

    @task(executor_config=pod(resources({"memory": "4Gi"}, {"memory": "2Gi"})))
    def limits_below_requests(): ...

    @task(executor_config=pod(node_selector={"gpu": "true"}, tolerations=[GPU_TAINT]))
    def gpu_preset_without_a_gpu(): ...

    @task(executor_config=pod(resources({"nvidia.com/gpu": 1}, {"memory": "2Gi"})))
    def gpu_without_a_limit(): ...

    @task(executor_config=pod(resources({"memory": 512}, {"memory": 512})))
    def memory_in_megabytes(): ...

    @task(executor_config=pod(resources({"cpu": "2 cores"}, {"cpu": "2 cores"})))
    def cores_in_words(): ...

    requests_only()
    limits_below_requests()
    gpu_preset_without_a_gpu()
    gpu_without_a_limit()
    memory_in_megabytes()
    cores_in_words()
