"""Variables that break the pod later, or tell what nobody should read.

A name that stands there twice makes adoption fail with a 422 after a scheduler restart (issue 24015); plain
values leak in logs and rendered fields (issues 69021 and 17604; ANCHORS: a password in clear in `env`);
executor_config is not templated (issues 28489 and 57898; ANCHORS: 4 expect Jinja there).
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


def env(**variables):
    """Make a worker container's literal variables."""
    return {"env": [k8s.V1EnvVar(name=name, value=value) for name, value in variables.items()]}


TWICE = {"env": [k8s.V1EnvVar(name="STAGE", value="test"), k8s.V1EnvVar(name="STAGE", value="live")]}
URL = "postgresql://etl:hunter2@warehouse/etl"

with DAG("environment", start_date=START, schedule=None):

    @task(executor_config=pod(TWICE))
    def variable_twice(): ...

    @task(executor_config=pod(env(WAREHOUSE_PASSWORD="hunter2")))
    def password_by_name(): ...

    @task(executor_config=pod(env(WAREHOUSE_URL=URL)))
    def password_in_a_url(): ...

    @task(executor_config=pod(env(RUN_DATE="{{ ds }}")))
    def jinja(): ...

    @task(executor_config=pod(env(AIRFLOW_IS_K8S_EXECUTOR_POD="False")))
    def variable_of_the_executor(): ...

    @task(executor_config=pod(env(WAREHOUSE_URL="postgresql://$(HOST)/etl", HOST="warehouse")))
    def literal_reference(): ...

    variable_twice()
    password_by_name()
    password_in_a_url()
    jinja()
    variable_of_the_executor()
    literal_reference()
