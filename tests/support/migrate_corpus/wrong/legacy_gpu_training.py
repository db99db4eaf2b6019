"""Nightly training of the ranking model on the GPU pool."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator


def prepare():
    print("prepare tfrecords")


def train():
    print("train")


def evaluate():
    print("evaluate")


with DAG("ranking_training", start_date=datetime(2021, 9, 1), schedule="0 1 * * *", catchup=False):
    t_prepare = PythonOperator(task_id="prepare", python_callable=prepare)

    t_train = PythonOperator(
        task_id="train",
        python_callable=train,
        executor_config={
            "KubernetesExecutor": {
                # one T4 is enough since the model was distilled
                "limit_gpu": 1,
                "request_memory": "16Gi",
                "limit_memory": "16Gi",
                "node_selectors": {"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"},
                "tolerations": [
                    {
                        "key": "nvidia.com/gpu",
                        "operator": "Equal",
                        "value": "present",
                        "effect": "NoSchedule",
                    }
                ],
            }
        },
    )

    t_evaluate = PythonOperator(
        task_id="evaluate",
        python_callable=evaluate,
        executor_config={"KubernetesExecutor": {"request_memory": "8Gi", "limit_memory": "8Gi"}},
    )

    t_prepare >> t_train >> t_evaluate
