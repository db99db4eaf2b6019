"""Copies the CRM into the lake, table by table."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s


def copy_table(table):
    print("copy", table)


with DAG("crm_to_lake", start_date=datetime(2022, 10, 1), schedule="0 3 * * *", catchup=False) as dag:
    accounts = PythonOperator(
        task_id="copy_accounts",
        python_callable=copy_table,
        op_args=["accounts"],
        executor_config={
            "KubernetesExecutor": {
                "pod_override": k8s.V1Pod(
                    metadata=k8s.V1ObjectMeta(labels={"team": "crm"}),
                    spec=k8s.V1PodSpec(
                        service_account_name="crm-reader",  # may read the replica
                        containers=[
                            k8s.V1Container(
                                name="base",
                                env=[k8s.V1EnvVar(name="CHUNK", value="50000")],
                            )
                        ],
                    ),
                )
            }
        },
    )
    contacts = PythonOperator(
        task_id="copy_contacts", python_callable=copy_table, op_args=["contacts"]
    )

    accounts >> contacts
