"""Books the points of yesterday's purchases and lets old ones expire."""

from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.latest_only import LatestOnlyOperator
from kubernetes.client import models as k8s

# Written by the deployment of the loyalty service: LOYALTY_URL, LOYALTY_TENANT, ...
settings = k8s.V1EnvFromSource(
    config_map_ref=k8s.V1ConfigMapEnvSource(name="loyalty-client")
)

loyalty = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    image="ghcr.io/lumen/airflow-loyalty:2024.10",
                    env_from=[settings],
                )
            ]
        )
    )
}

with DAG("loyalty_points", schedule="@daily", start_date=datetime(2024, 1, 1)) as dag:
    latest = LatestOnlyOperator(task_id="latest_only")
    book = BashOperator(
        task_id="book",
        bash_command="loyalty book --day {{ ds }}",
        executor_config=loyalty,
    )
    expire = BashOperator(
        task_id="expire", bash_command="loyalty expire", executor_config=loyalty
    )
    book >> latest >> expire
