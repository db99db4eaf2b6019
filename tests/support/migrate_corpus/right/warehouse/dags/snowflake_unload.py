"""Unloads the marts for the partners."""

import pendulum
from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

PARTNERS = ["aurora", "borealis", "cirrus"]


def unload(partner):
    import os

    print(partner, "as", os.environ["SNOWFLAKE_USER"])


def _secret(env_name, secret_key):
    """One variable of the deployment's secret."""
    return k8s.V1EnvVar(
        name=env_name,
        value_from=k8s.V1EnvVarSource(
            secret_key_ref=k8s.V1SecretKeySelector(
                name="quasaric-zenith-1234-env", key=secret_key
            )
        ),
    )


with DAG(
    "snowflake_unload",
    schedule="0 8 * * 1",
    start_date=pendulum.datetime(2024, 1, 1),
    catchup=False,
    tags=["partners", "snowflake"],
) as dag:
    for partner in PARTNERS:
        PythonOperator(
            task_id=f"unload_{partner}",
            python_callable=unload,
            op_args=[partner],
            executor_config={
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                image="registry.northwind.example/data/airflow-snowflake:3.12.0",
                                env=[
                                    _secret("SNOWFLAKE_USER", "SNOWFLAKE_USER"),
                                    _secret(
                                        "SNOWFLAKE_PASSWORD",
                                        "SNOWFLAKE_UNLOAD_PASSWORD",
                                    ),
                                ],
                            )
                        ]
                    )
                )
            },
        )
