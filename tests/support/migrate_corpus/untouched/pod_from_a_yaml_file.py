"""Solves the tour planning. The pod is in YAML, since other tools read it, too."""

from datetime import datetime
from pathlib import Path

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

BIG_WORKER = PodGenerator.deserialize_model_file(str(Path(__file__).parent / "big_worker.yaml"))


def solve():
    print("solve")


def send():
    print("send")


with DAG("tour_planning", start_date=datetime(2023, 1, 1), schedule="0 4 * * *", catchup=False) as dag:
    solve_task = PythonOperator(
        task_id="solve",
        python_callable=solve,
        executor_config={"pod_override": BIG_WORKER},
    )
    send_task = PythonOperator(task_id="send", python_callable=send)

    solve_task >> send_task
