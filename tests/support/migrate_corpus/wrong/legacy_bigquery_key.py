"""Loads events into BigQuery with the key of a service account."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def load_events(ds, **_):
    print("bq load", ds)


def compact_events(ds, **_):
    print("bq query", ds)


with DAG(
    "events_to_bigquery",
    start_date=datetime(2020, 8, 15),
    schedule="15 * * * *",
    catchup=False,
    doc_md=__doc__,
) as dag:
    load = PythonOperator(
        task_id="load_events",
        python_callable=load_events,
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "1Gi",
                # created by terraform, module `bq-loader`
                "gcp_service_account_key": "bq-loader:/key.json",
            }
        },
    )
    compact = PythonOperator(
        task_id="compact_events",
        python_callable=compact_events,
        executor_config={"KubernetesExecutor": {"gcp_service_account_key": "bq-loader:/key.json"}},
    )

    load >> compact
