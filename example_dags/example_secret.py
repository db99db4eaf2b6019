"""### A secret variable of the deployment

`MY_SECRET` is read from the deployment's own secret, `<release>-env`, whose name is found by itself. The
second task reads the same key as a file. The log shows `***` in place of the value.
"""

import os
from pathlib import Path

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sPythonOperator, Secret, k8s_task


def print_env(env_name):
    print(os.environ[env_name])


with DAG(
    dag_id="test-secret",
    schedule="@once",
    start_date=pendulum.datetime(2022, 1, 1, tz="UTC"),
    end_date=pendulum.datetime(2022, 1, 5, tz="UTC"),
    doc_md=__doc__,
):
    K8sPythonOperator(
        task_id="test-py-env",
        python_callable=print_env,
        op_kwargs={"env_name": "MY_SECRET"},
        secrets=["MY_SECRET"],
    )

    @k8s_task(secrets=[Secret("MY_SECRET", file="/run/secrets/my_secret")])
    def read_file():
        print(len(Path("/run/secrets/my_secret").read_text()))

    read_file()
