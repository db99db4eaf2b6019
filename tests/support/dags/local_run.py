"""Tasks that declare secrets, for runs without a pod: ``python local_run.py``, ``airflow dags test``."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sBashOperator, Secret, k8s_config, k8s_task
from airflow_provider_k8sexec._compat import load_operator

start = pendulum.datetime(2026, 1, 1, tz="UTC")
defaults = {"executor_config": k8s_config(secrets=["OF_THE_DAG"])}

with DAG("local_run", schedule=None, start_date=start, default_args=defaults) as dag:

    @k8s_task(
        secrets=["API_TOKEN", Secret("db-password", env="DB_PASSWORD"), Secret("SENTRY_DSN", optional=True)],
        env_vars={"LITERAL": "a"},
        retries=3,
    )
    def shows() -> None:
        print("code: ", "printed", os.environ["API_TOKEN"])  # noqa: T201  # what is masked
        logging.getLogger("acme").warning("code: logged %s", os.environ["DB_PASSWORD"])
        logging.getLogger("airflow.task").warning("code: in the task's log %s", os.environ["OF_THE_DAG"])
        print("code: literal", os.environ.get("LITERAL"))  # noqa: T201  # has no effect here
        sys.stdout.flush()
        subprocess.run(["/bin/sh", "-c", "echo code: by a program $API_TOKEN"], check=True)

    @k8s_task(secrets=["API_TOKEN"])
    def raises() -> None:
        raise ValueError("code: raised " + os.environ["API_TOKEN"])

    load_operator("bash", "BashOperator")(
        task_id="any_operator",
        bash_command="echo code: $ANY_OPERATOR",
        executor_config=k8s_config(secrets=["ANY_OPERATOR"]),
    )
    K8sBashOperator.partial(task_id="mapped", secrets=["MAPPED"]).expand(
        bash_command=["echo code: mapped $MAPPED"]
    )

    @k8s_task
    def prints_afterwards() -> None:
        print("code: all", len(os.environ))  # noqa: T201  # has no absent secret of its own

    shows()
    raises()
    prints_afterwards()

if __name__ == "__main__":
    dag.test()
