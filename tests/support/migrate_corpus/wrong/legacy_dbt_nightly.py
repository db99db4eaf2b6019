"""dbt runs in an image of its own, since its dependencies clash with Airflow's constraints.

The image is built from the repository `analytics/dbt-airflow` and has Airflow in it.
"""

import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator

DBT = "cd /opt/dbt && dbt --no-use-colors"

with DAG(
    dag_id="dbt_in_its_image",
    start_date=pendulum.datetime(2022, 1, 1, tz="UTC"),
    schedule="30 2 * * *",
    catchup=False,
    max_active_runs=1,
) as dag:
    deps = BashOperator(
        task_id="dbt_deps",
        bash_command=f"{DBT} deps",
        executor_config={
            "KubernetesExecutor": {"image": "registry.example.com/analytics/dbt-airflow:1.4.2"}
        },
    )
    run = BashOperator(
        task_id="dbt_run",
        bash_command=f"{DBT} run",
        executor_config={
            "KubernetesExecutor": {
                "image": "registry.example.com/analytics/dbt-airflow:1.4.2",
                "image_pull_policy": "Always",  # the tag is moved by CI
                "request_memory": "1Gi",
            }
        },
    )
    test = BashOperator(
        task_id="dbt_test",
        bash_command=f"{DBT} test",
        executor_config={
            "KubernetesExecutor": {
                "image": "registry.example.com/analytics/dbt-airflow:1.4.2",
                "image_pull_policy": "IfNotPresent",
            }
        },
    )

    deps >> run >> test
