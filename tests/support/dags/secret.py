"""The DAG of the seeds that prints a secret, in one line, and everything else that would show its value."""

from __future__ import annotations

import os

import pendulum

from airflow_provider_k8sexec import K8sBashOperator, K8sPythonOperator, k8s_task

try:
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG


def print_env(env_name: str) -> None:
    print(os.environ[env_name])  # noqa: T201  # as the page has it


with DAG(dag_id="test-secret", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None) as dag:
    K8sPythonOperator(
        task_id="test-py-env",
        python_callable=print_env,
        op_kwargs={"env_name": "MY_SECRET"},
        secrets=["MY_SECRET"],
    )
    K8sBashOperator(
        task_id="bash", bash_command="echo value: $MY_SECRET", secrets=["MY_SECRET"], do_xcom_push=False
    )

    @k8s_task.bash(secrets=["MY_SECRET"], do_xcom_push=False)
    def rendered() -> str:
        return f"echo rendered: {os.environ['MY_SECRET']}"

    @k8s_task(secrets=["MY_SECRET"])
    def mapped(text: str) -> None:
        print(text, os.environ["MY_SECRET"])  # noqa: T201

    rendered()
    mapped.expand(text=["mapped:"])
