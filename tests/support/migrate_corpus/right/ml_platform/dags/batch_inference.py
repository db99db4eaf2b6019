"""Scores all users, in shards."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow.decorators import dag, task

from include.pods import pod_config

if TYPE_CHECKING:
    from collections.abc import Iterable

SHARDS = 16


@dag(
    schedule="@daily",
    start_date=datetime(2024, 3, 1),
    catchup=False,
    default_args={"owner": "ml-serving", "retries": 2},
)
def batch_inference():
    @task
    def shards() -> list[int]:
        return list(range(SHARDS))

    # 1.5 GiB of model + 5 GiB of the shard, measured in March
    @task(
        executor_config=pod_config(memory="7Gi", cpu="2"), max_active_tis_per_dagrun=8
    )
    def score(shard: int) -> int:
        return shard * 100

    @task(executor_config=pod_config(cpu="1"))
    def merge(counts: Iterable[int]) -> int:
        return sum(counts)

    @task(executor_config=pod_config(memory="512Mi"))
    def announce(total: int) -> None:
        print(f"{total} users scored")

    announce(merge(score.expand(shard=shards())))


batch_inference()
