"""What replaces the executor's own identity for the pod, or is lost on the way (DESIGN 4.2).

Labels and annotations by which the executor knows its pods; a pod name; a restart policy that starts a
finished task once more (ANCHORS: restartPolicy 5); false and zero, which Airflow's merge takes for unset
(ANCHORS: automountServiceAccountToken 4).
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


LABELS = k8s.V1ObjectMeta(labels={"dag_id": "nightly"})
ANNOTATIONS = k8s.V1ObjectMeta(annotations={"try_number": "1"})
NAME = k8s.V1ObjectMeta(name="nightly-load")

with DAG("identity", start_date=START, schedule=None):

    @task(executor_config=pod(metadata=LABELS))
    def label_of_the_executor(): ...

    @task(executor_config=pod(metadata=ANNOTATIONS))
    def annotation_of_the_executor(): ...

    @task(executor_config=pod(metadata=NAME))
    def pod_name(): ...

    @task(executor_config=pod(restart_policy="OnFailure"))
    def restarted(): ...

    @task(executor_config=pod(termination_grace_period_seconds=0))
    def zero_is_lost(): ...

    label_of_the_executor()
    annotation_of_the_executor()
    pod_name()
    restarted()
    zero_is_lost()
