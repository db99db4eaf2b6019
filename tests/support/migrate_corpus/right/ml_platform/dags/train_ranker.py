"""Trains the search ranker on last week's clicks."""

from __future__ import annotations

from datetime import datetime

from airflow.decorators import dag, task

from include.pods import GPU, LARGE, SMALL


@dag(
    schedule="0 20 * * 5",
    start_date=datetime(2024, 1, 5),
    catchup=False,
    tags=["search", "train"],
)
def train_ranker():
    @task(executor_config=LARGE)
    def collect_clicks(data_interval_start=None) -> str:
        return f"s3://brightloop-ml/clicks/{data_interval_start:%Y-%m-%d}"

    @task(executor_config=GPU, retries=1)
    def train(path: str) -> dict[str, float]:
        print("train on", path)
        return {"ndcg@10": 0.41}

    @task.short_circuit(executor_config=SMALL)
    def is_better(metrics: dict[str, float]) -> bool:
        return metrics["ndcg@10"] > 0.4

    @task
    def register():
        print("registered")

    is_better(train(collect_clicks())) >> register()


train_ranker()
