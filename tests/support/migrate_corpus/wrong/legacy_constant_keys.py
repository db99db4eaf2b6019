"""Refreshes the materialised views of the data marts."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

IMAGE = "registry.example.com/marts/airflow-worker:2022.11"
EXECUTOR_CONFIG = {
    "KubernetesExecutor": {
        "image": IMAGE,
        "request_cpu": "500m",
        "request_memory": "1Gi",
    },
}


def refresh(view):
    print("refresh materialized view", view)


with DAG("mart_views", start_date=datetime(2022, 11, 1), schedule="20 6 * * *", catchup=False) as dag:
    sales = PythonOperator(
        task_id="refresh_sales",
        python_callable=refresh,
        op_args=["mart.sales"],
        executor_config=EXECUTOR_CONFIG,
    )
    stock = PythonOperator(
        task_id="refresh_stock",
        python_callable=refresh,
        op_args=["mart.stock"],
        executor_config=EXECUTOR_CONFIG,
    )
    sales >> stock
