"""OCR of scanned invoices: split -> read -> extract -> validate."""

from datetime import datetime

from airflow import DAG
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import PythonOperator
from airflow.utils.task_group import TaskGroup
from kubernetes.client import models as k8s


def step(name, **_):
    print(name)


with DAG(
    "ocr_invoices",
    schedule="@hourly",
    start_date=datetime(2024, 6, 1),
    catchup=False,
    default_args={"owner": "documents"},
) as dag:
    split = PythonOperator(task_id="split", python_callable=step, op_args=["split"])

    # Tesseract and its language files are only in this image.
    with TaskGroup(
        "read",
        default_args={
            "executor_config": {
                "pod_override": k8s.V1Pod(
                    spec=k8s.V1PodSpec(
                        containers=[
                            k8s.V1Container(
                                name="base",
                                image="registry.brightloop.example/ml/airflow-ocr:1.8.0",
                            )
                        ]
                    )
                )
            }
        },
    ) as read:
        for language in ("deu", "fra", "eng"):
            PythonOperator(
                task_id=language, python_callable=step, op_args=[f"ocr {language}"]
            )

    extract = PythonOperator(
        task_id="extract", python_callable=step, op_args=["extract"]
    )
    done = EmptyOperator(task_id="done")

    split >> read >> extract >> done
