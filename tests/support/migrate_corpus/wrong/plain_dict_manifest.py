"""Deduplicates the customer records, with the pod as in the YAML of the platform team."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator

POD = {
    "metadata": {"labels": {"team": "crm"}},
    "spec": {
        "containers": [
            {
                "name": "base",
                "resources": {
                    "requests": {"cpu": "1", "memory": "6Gi"},
                    "limits": {"memory": "6Gi"},
                },
            }
        ],
        "nodeSelector": {"pool": "memory"},
    },
}


def deduplicate():
    print("deduplicate")


def notify():
    print("notify")


with DAG(
    dag_id="customer_dedup",
    start_date=pendulum.datetime(2023, 8, 1, tz="UTC"),
    schedule="0 22 * * *",
    catchup=False,
) as dag:
    dedup = PythonOperator(
        task_id="deduplicate",
        python_callable=deduplicate,
        executor_config={"pod_override": POD},
    )
    note = PythonOperator(task_id="notify", python_callable=notify)

    dedup >> note
