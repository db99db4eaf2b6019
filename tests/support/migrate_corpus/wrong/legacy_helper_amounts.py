"""Hourly roll-ups of the sensors' readings.

All tasks are small but the one of the year, so the sizes are arguments of a helper.
"""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def executor_config(memory, cpu="250m"):
    """Requests and limits are the same, so that we are not evicted first."""
    return {
        "KubernetesExecutor": {
            "request_memory": memory,
            "limit_memory": memory,
            "request_cpu": cpu,
            "limit_cpu": cpu,
        }
    }


def roll_up(period):
    print("rolling up the", period)


with DAG(
    "sensor_rollups",
    start_date=datetime(2021, 4, 1),
    schedule="@hourly",
    catchup=False,
    tags=["iot"],
) as dag:
    hour = PythonOperator(
        task_id="hour",
        python_callable=roll_up,
        op_args=["hour"],
        executor_config=executor_config("512Mi"),
    )
    day = PythonOperator(
        task_id="day",
        python_callable=roll_up,
        op_args=["day"],
        executor_config=executor_config("1Gi"),
    )
    year = PythonOperator(
        task_id="year",
        python_callable=roll_up,
        op_args=["year"],
        # see the incident of 2021-12-31
        executor_config=executor_config("8Gi", cpu="2"),
    )

    hour >> day >> year
