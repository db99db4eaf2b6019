"""One ingest a region. Regions are added here and nowhere else."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator

REGIONS = ["emea", "amer", "apac"]


def ingest(region, **_):
    print("ingest", region)


def publish():
    print("publish")


with DAG(
    dag_id="regional_ingest",
    start_date=datetime(2022, 9, 1),
    schedule="@daily",
    catchup=False,
    max_active_tasks=3,
) as dag:
    start = EmptyOperator(task_id="start")
    done = PythonOperator(task_id="publish", python_callable=publish)

    for region in REGIONS:
        task = PythonOperator(
            task_id=f"ingest_{region}",
            python_callable=ingest,
            op_kwargs={"region": region},
            executor_config={
                "KubernetesExecutor": {
                    "request_memory": "1Gi",
                    "limit_memory": "2Gi",
                    "labels": {"region": region},
                }
            },
        )
        start >> task >> done
