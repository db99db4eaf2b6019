"""Publishes the price list to the shops."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator


def publish_prices():
    print("publish")


def check_prices():
    print("check")


with DAG(
    "price_list",
    start_date=pendulum.datetime(2024, 2, 1, tz="Europe/Vienna"),
    schedule="30 4 * * *",
    catchup=False,
) as dag:
    check = PythonOperator(task_id="check_prices", python_callable=check_prices)
    publish = PythonOperator(
        task_id="publish_prices",
        python_callable=publish_prices,
        executor_config={
            "pod_override": {
                "spec": {
                    "containers": [
                        {
                            "name": "base",
                            "env": [
                                {"name": "CURRENCY", "value": "EUR"},
                                {
                                    # the password of the shops' database
                                    "name": "SHOP_PASSWORD",
                                    "valueFrom": {
                                        "secretKeyRef": {"name": "shop-db", "key": "password"}
                                    },
                                },
                            ],
                            "volumeMounts": [{"name": "lists", "mountPath": "/lists"}],
                        }
                    ],
                    "volumes": [
                        {"name": "lists", "persistentVolumeClaim": {"claimName": "price-lists"}}
                    ],
                }
            }
        },
    )
    check >> publish
