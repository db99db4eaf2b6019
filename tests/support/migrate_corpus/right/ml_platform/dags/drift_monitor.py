"""Compares the distributions of today's features with those of the training set."""

from datetime import datetime

from airflow.decorators import dag, task

from include.executor_configs import MLFLOW_WRITER
from include.pods import MEDIUM

MODELS = ("ranker", "churn", "fraud")


@dag(
    schedule="45 6 * * *",
    start_date=datetime(2024, 5, 15),
    catchup=False,
    default_args={
        "owner": "ml-quality",
        "retries": 1,
        "executor_config": MEDIUM,
    },
    tags=["monitoring"],
)
def drift_monitor():
    @task
    def load_reference(model: str) -> str:
        return f"s3://brightloop-ml/reference/{model}.parquet"

    @task
    def compare(model: str, reference: str) -> float:
        print(model, reference)
        return 0.02

    # writes to mlflow, and so needs its account
    @task(executor_config=MLFLOW_WRITER)
    def report(model: str, drift: float) -> None:
        print(model, drift)

    for model in MODELS:
        report.override(task_id=f"report_{model}")(
            model,
            compare.override(task_id=f"compare_{model}")(
                model, load_reference.override(task_id=f"load_{model}")(model)
            ),
        )


drift_monitor()
