"""Compliance checks on the payments of yesterday."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator

default_args = {
    "owner": "compliance",
    "depends_on_past": False,
    "retries": 3,
    "retry_delay": timedelta(minutes=2),
    # every check reads the same month of payments
    "executor_config": {
        "KubernetesExecutor": {
            "request_memory": "1536Mi",
            "limit_memory": "1536Mi",
            "image": "registry.example.com/compliance/airflow:2.3.1",
        }
    },
}


def check_limits():
    print("limits")


def check_sanctions():
    print("sanctions")


with DAG(
    "payment_compliance",
    default_args=default_args,
    start_date=datetime(2021, 7, 1),
    schedule="0 7 * * *",
    catchup=False,
) as dag:
    limits = PythonOperator(task_id="check_limits", python_callable=check_limits)
    sanctions = PythonOperator(task_id="check_sanctions", python_callable=check_sanctions)
    publish = BashOperator(task_id="publish", bash_command="echo published")

    [limits, sanctions] >> publish
