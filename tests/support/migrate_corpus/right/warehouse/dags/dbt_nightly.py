"""Run the dbt project every night: deps, seed, run, test."""

import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

DBT_DIR = "/opt/airflow/dbt/warehouse"

dbt_resources = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    image="registry.northwind.example/data/airflow-dbt:1.8.7",
                    image_pull_policy="Always",
                    # dbt itself only waits for the warehouse, the manifest is what needs memory
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": "250m", "memory": "1Gi"},
                        limits={"cpu": "1000m", "memory": "2Gi"},
                    ),
                )
            ]
        )
    )
}

with DAG(
    "dbt_nightly",
    description="dbt build of the warehouse project",
    schedule="0 2 * * *",
    start_date=pendulum.datetime(2023, 11, 1, tz="Europe/Berlin"),
    catchup=False,
    max_active_runs=1,
    tags=["dbt"],
) as dag:
    deps = BashOperator(
        task_id="dbt_deps", bash_command=f"dbt deps --project-dir {DBT_DIR}"
    )

    seed = BashOperator(
        task_id="dbt_seed",
        bash_command=f"dbt seed --project-dir {DBT_DIR}",
        executor_config=dbt_resources,
    )

    run = BashOperator(
        task_id="dbt_run",
        bash_command=f'dbt run --project-dir {DBT_DIR} --vars \'{{"ds": "{{{{ ds }}}}"}}\'',
        executor_config=dbt_resources,
    )

    test = BashOperator(
        task_id="dbt_test",
        bash_command=f"dbt test --project-dir {DBT_DIR}",
        executor_config=dbt_resources,
    )

    deps >> seed >> run >> test
