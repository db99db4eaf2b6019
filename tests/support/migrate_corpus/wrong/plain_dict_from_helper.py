"""Anonymises the production database for the test environments."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def pod_config(memory, cpu):
    return {
        "pod_override": {
            "spec": {
                "containers": [
                    {
                        "name": "base",
                        "resources": {
                            "requests": {"memory": memory, "cpu": cpu},
                            "limits": {"memory": memory, "cpu": cpu},
                        },
                    }
                ]
            }
        }
    }


def dump():
    print("dump")


def anonymise():
    print("anonymise")


with DAG("anonymise_production", start_date=datetime(2023, 6, 1), schedule="@weekly", catchup=False):
    dump_task = PythonOperator(
        task_id="dump", python_callable=dump, executor_config=pod_config(memory="1Gi", cpu="500m")
    )
    # joins every table with the dictionary of names
    anonymise_task = PythonOperator(
        task_id="anonymise", python_callable=anonymise, executor_config=pod_config(memory="8Gi", cpu="2")
    )
    dump_task >> anonymise_task
