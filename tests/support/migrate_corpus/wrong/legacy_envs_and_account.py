"""Sends the newsletter statistics to the CMS."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def collect():
    print("collect")


def send():
    print("send")


with DAG(
    "newsletter_statistics",
    start_date=datetime(2021, 2, 1),
    schedule="0 9 * * 1-5",
    catchup=False,
) as dag:
    collect_task = PythonOperator(
        task_id="collect",
        python_callable=collect,
        executor_config={
            "KubernetesExecutor": {
                "envs": {"CMS_URL": "https://cms.example.com", "LOG_LEVEL": "debug"},
                "request_memory": "512Mi",
            }
        },
    )

    send_task = PythonOperator(
        task_id="send",
        python_callable=send,
        executor_config={
            "KubernetesExecutor": {
                "service_account_name": "cms-writer",
                "envs": {"CMS_URL": "https://cms.example.com"},
            }
        },
    )

    collect_task >> send_task
