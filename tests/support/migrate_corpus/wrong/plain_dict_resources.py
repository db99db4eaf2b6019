"""Aggregates the call centre's tickets."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def aggregate():
    print("aggregate")


with DAG("ticket_statistics", start_date=datetime(2023, 3, 1), schedule="@daily", catchup=False) as dag:
    export = BashOperator(
        task_id="export",
        bash_command="echo export",
        executor_config={
            "resources": {
                "requests": {"cpu": "250m", "memory": "512Mi"},
                "limits": {"cpu": "500m", "memory": "512Mi"},
            }
        },
    )
    statistics = PythonOperator(
        task_id="aggregate",
        python_callable=aggregate,
        # as in values.yaml of the chart
        executor_config={"resources": {"limits": {"memory": "2Gi"}, "requests": {"memory": "2Gi"}}},
    )
    export >> statistics
