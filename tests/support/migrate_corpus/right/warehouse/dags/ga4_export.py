"""GA4 → BigQuery → Snowflake.

The export of GA4 lands in BigQuery some time in the morning, so wait for it first.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.sensors.python import PythonSensor
from kubernetes.client import models as k8s

executor_config_waiting = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": "50m", "memory": "200Mi"},
                        limits={"memory": "300Mi"},  # no CPU limit on purpose
                    ),
                )
            ]
        )
    )
}

executor_config_copy = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": "1", "memory": "3Gi"},
                        limits={"memory": "6Gi"},
                    ),
                )
            ]
        )
    )
}


def export_is_there(ds_nodash):
    return ds_nodash is not None


def copy_events(ds_nodash):
    print(f"events_{ds_nodash}")


with DAG(
    "ga4_export",
    schedule="0 6 * * *",
    start_date=datetime(2024, 2, 1),
    catchup=True,
    max_active_runs=2,
    default_args={"owner": "web-analytics", "retries": 3},
) as dag:
    wait = PythonSensor(
        task_id="wait_for_export",
        python_callable=export_is_there,
        op_args=["{{ ds_nodash }}"],
        mode="reschedule",
        poke_interval=600,
        timeout=timedelta(hours=8).total_seconds(),
        executor_config=executor_config_waiting,
    )
    copy = PythonOperator(
        task_id="copy_events",
        python_callable=copy_events,
        op_args=["{{ ds_nodash }}"],
        executor_config=executor_config_copy,
    )
    wait >> copy
