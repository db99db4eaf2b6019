"""The DAG of the seeds that prints a secret, by hand, with the imports of today's Airflow."""

from __future__ import annotations

import os

import pendulum
from kubernetes.client import models as k8s

try:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.python import PythonOperator


def print_env(env_name: str) -> None:
    print(os.environ[env_name])  # noqa: T201  # as the page has it


with DAG(dag_id="test-secret", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None) as dag:
    reference = k8s.V1SecretKeySelector(name="infrared-photon-7780-env", key="MY_SECRET")
    variable = k8s.V1EnvVar(name="MY_SECRET", value_from=k8s.V1EnvVarSource(secret_key_ref=reference))
    base = k8s.V1Container(name="base", env=[variable])
    PythonOperator(
        task_id="test-py-env",
        python_callable=print_env,
        op_kwargs={"env_name": "MY_SECRET"},
        executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base]))},
    )
