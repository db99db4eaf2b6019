"""Sorts the raw logs, for which it needs scratch space."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator

with DAG(
    dag_id="sort_raw_logs",
    start_date=datetime(2021, 1, 1),
    schedule="@hourly",
    catchup=False,
    max_active_runs=2,
) as dag:
    start = EmptyOperator(task_id="start")

    sort = BashOperator(
        task_id="sort",
        bash_command="sort -T /scratch -o /scratch/sorted /scratch/raw",
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "2Gi",
                "limit_memory": "2Gi",
                # gone with the pod
                "volumes": [{"name": "scratch", "emptyDir": {}}],
                "volume_mounts": [{"name": "scratch", "mountPath": "/scratch"}],
            }
        },
    )

    start >> sort
