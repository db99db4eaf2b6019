"""The DAG of Astronomer's page that prints a secret, by hand: its value is to be found in many places.

Source: https://www.astronomer.io/docs/astro-private-cloud (Kubernetes executor)
"""

from __future__ import annotations

import base64
import os

import pendulum
from kubernetes.client import models as k8s

try:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.python import PythonOperator


def print_env(env_name: str) -> str:
    """Print a variable of the environment, as the page does and in a form that no log can hide; return it."""
    print(os.environ[env_name])  # noqa: T201  # as the page has it
    print(base64.b64encode(os.environ[env_name].encode()))  # noqa: T201
    return os.environ[env_name]


with DAG(dag_id="secret-by-hand", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None) as dag:
    reference = k8s.V1SecretKeySelector(name="infrared-photon-7780-env", key="BY_HAND")
    variable = k8s.V1EnvVar(name="BY_HAND", value_from=k8s.V1EnvVarSource(secret_key_ref=reference))
    base = k8s.V1Container(name="base", env=[variable])
    PythonOperator(
        task_id="print",
        python_callable=print_env,
        op_kwargs={"env_name": "BY_HAND"},
        executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base]))},
    )
