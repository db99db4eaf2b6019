"""Daily sales: pull the orders from the shop's API, clean them, load them into the warehouse.

Owner: retail-analytics. Runbook: https://wiki.example.com/retail/daily-sales
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator

default_args = {
    "owner": "retail-analytics",
    "retries": 2,
    "retry_delay": timedelta(minutes=5),
}


def pull_orders(**context):
    print("pulling orders for", context["ds"])


def clean_orders(**context):
    print("cleaning orders for", context["ds"])


def load_orders(**context):
    print("loading orders for", context["ds"])


with DAG(
    "daily_sales",
    default_args=default_args,
    start_date=datetime(2020, 3, 1),
    schedule="0 5 * * *",
    catchup=False,
    tags=["retail"],
) as dag:
    pull = PythonOperator(
        task_id="pull_orders",
        python_callable=pull_orders,
        # the API pages are small, a little memory is enough
        executor_config={"KubernetesExecutor": {"request_memory": "256Mi", "request_cpu": "200m"}},
    )

    clean = PythonOperator(
        task_id="clean_orders",
        python_callable=clean_orders,
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "2Gi",  # pandas holds a whole day
                "request_cpu": "500m",
            }
        },
    )

    load = PythonOperator(task_id="load_orders", python_callable=load_orders)

    pull >> clean >> load
