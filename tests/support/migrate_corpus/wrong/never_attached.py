"""Monthly statements. The big month-end run has a config of its own."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

month_end_config = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": "4", "memory": "32Gi"}, limits={"cpu": "4", "memory": "32Gi"}
                    ),
                )
            ]
        )
    )
}


def collect():
    print("collect")


def statements():
    # needs the 32Gi on the last day of the month
    print("statements")


with DAG("monthly_statements", start_date=datetime(2023, 5, 1), schedule="@monthly", catchup=False) as dag:
    collect_task = PythonOperator(task_id="collect", python_callable=collect)
    statements_task = PythonOperator(task_id="statements", python_callable=statements)
    collect_task >> statements_task
