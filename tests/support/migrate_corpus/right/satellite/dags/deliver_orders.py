"""Delivers finished orders. The pods of this DAG run in the DMZ, by a template that the platform team maintains."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

DMZ = {"pod_template_file": "/opt/airflow/pod_templates/dmz.yaml"}

with DAG(
    "deliver_orders", schedule="@hourly", start_date=datetime(2024, 1, 1), catchup=False
):
    start = EmptyOperator(task_id="start")
    upload = PythonOperator(
        task_id="upload",
        python_callable=lambda: print("uploaded"),
        executor_config=DMZ,
    )
    mail = PythonOperator(
        task_id="mail",
        python_callable=lambda: print("sent"),
        executor_config={"pod_template_file": "/opt/airflow/pod_templates/dmz.yaml"},
    )
    start >> upload >> mail
