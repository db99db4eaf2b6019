"""Parses the bank statements (MT940) of all accounts."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def parse():
    print("parse")


with DAG("bank_statements", start_date=datetime(2021, 12, 1), schedule="0 8 * * *", catchup=False):
    download = BashOperator(
        task_id="download",
        bash_command="echo download",
        executor_config=dict(KubernetesExecutor=dict(request_cpu="100m", request_memory="128Mi")),
    )
    parsed = PythonOperator(
        task_id="parse",
        python_callable=parse,
        executor_config=dict(
            KubernetesExecutor=dict(
                request_memory="1Gi",
                limit_memory="1Gi",
                node_selectors={"pool": "batch"},  # Java, which wants the newer nodes
            )
        ),
    )
    download >> parsed
