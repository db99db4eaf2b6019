"""Executor configs that never take effect (ANCHORS: 48 of the 63 mistakes in public repositories).

Legacy `{"KubernetesExecutor": ...}` dicts (26), plain dicts where a V1Pod belongs (8), a V1Pod nested under
the legacy key, a bare V1Pod as `executor_config`, misspelt keys that Airflow ignores without a word (DESIGN
4.3), and options of a pod as keys of the config (issue 15670: "overrides seem not to apply").
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

SMALL = k8s.V1ResourceRequirements(requests={"memory": "1Gi"}, limits={"memory": "1Gi"})
POD = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", resources=SMALL)]))

with DAG("keys", start_date=START, schedule=None):

    @task(executor_config={"pod_overide": POD})
    def misspelt_key(): ...

    @task(executor_config={"podOverride": POD})
    def camel_case_key(): ...

    @task(executor_config={"KubernetesExecutor": {"request_memory": "1Gi", "image": "etl:1"}})
    def legacy_dict(): ...

    @task(executor_config={"KubernetesExecutor": POD})
    def pod_under_the_legacy_key(): ...

    @task(executor_config={"pod_override": {"spec": {"containers": [{"name": "base", "image": "etl:1"}]}}})
    def plain_dict(): ...

    @task(executor_config=POD)
    def bare_pod(): ...

    @task(executor_config={"resources": {"requests": {"memory": "1Gi"}}})
    def resources_as_a_key(): ...

    @task(executor_config={"image": "etl:1"})
    def option_as_a_key(): ...

    @task(executor_config={"pod_overrides": POD})
    def mapped(number): ...

    misspelt_key()
    camel_case_key()
    legacy_dict()
    pod_under_the_legacy_key()
    plain_dict()
    bare_pod()
    resources_as_a_key()
    option_as_a_key()
    mapped.expand(number=[1, 2])
