"""Overrides that are no pods (ANCHORS: a `spec` that is a dict, `containers=[...]` copied with its Ellipsis).

Airflow's merge reads attributes of models: a dict in the place of a model fails when the task is launched,
and nothing is said before (issue 10278: no fail-fast on an invalid executor_config).
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


with DAG("shapes", start_date=START, schedule=None):

    @task(executor_config={"pod_override": k8s.V1Pod(spec={"containers": [{"name": "base"}]})})
    def spec_is_a_dict(): ...

    @task(executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[...]))})
    def literal_ellipsis(): ...

    @task(executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[{"name": "base"}]))})
    def container_is_a_dict(): ...

    spec_is_a_dict()
    literal_ellipsis()
    container_is_a_dict()
