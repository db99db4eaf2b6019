"""Imports the suppliers' files from the shared claim, and writes what is left over back to it."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.python import PythonOperator


def import_files():
    print("import /in")


def write_rejects():
    print("write /out")


with DAG(
    "supplier_import",
    default_args={"owner": "procurement", "retries": 1, "retry_delay": timedelta(minutes=10)},
    start_date=datetime(2020, 11, 1),
    schedule="*/30 * * * *",
    catchup=False,
):
    imported = PythonOperator(
        task_id="import_files",
        python_callable=import_files,
        executor_config={
            "KubernetesExecutor": {
                "volumes": [
                    {"name": "suppliers", "persistentVolumeClaim": {"claimName": "supplier-files"}},
                    {"name": "certs", "hostPath": {"path": "/etc/ssl/certs"}},
                ],
                "volume_mounts": [
                    {"name": "suppliers", "mountPath": "/in", "subPath": "incoming"},
                    {"name": "certs", "mountPath": "/etc/ssl/certs", "readOnly": True},
                ],
            }
        },
    )

    rejected = PythonOperator(
        task_id="write_rejects",
        python_callable=write_rejects,
        executor_config={
            "KubernetesExecutor": {
                "request_cpu": "100m",
                "volumes": [{"name": "suppliers", "persistentVolumeClaim": {"claimName": "supplier-files"}}],
                "volume_mounts": [{"name": "suppliers", "mountPath": "/out", "subPath": "rejected"}],
            }
        },
    )

    imported >> rejected
