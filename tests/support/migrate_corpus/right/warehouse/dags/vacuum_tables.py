"""Weekly maintenance: VACUUM and ANALYZE on the big tables."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

TABLES = ("orders", "order_items", "events", "sessions")


def vacuum(table, **context):
    print(f"VACUUM ANALYZE {table} for {context['ds']}")


dag = DAG(
    "vacuum_tables",
    schedule="0 3 * * 0",
    start_date=datetime(2022, 5, 1),
    catchup=False,
    default_args={"owner": "dba", "depends_on_past": False},
)

previous = None
for table in TABLES:
    current = PythonOperator(
        task_id=f"vacuum_{table}",
        python_callable=vacuum,
        op_kwargs={"table": table},
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            image="registry.northwind.example/data/airflow-dba:16.4",
                            image_pull_policy="IfNotPresent",
                        ),
                    ],
                ),
            ),
        },
        dag=dag,
    )
    if previous is not None:
        previous >> current
    previous = current
