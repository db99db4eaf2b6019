"""Copies the features of each entity from the offline store to the online store."""

from datetime import datetime

from airflow.decorators import dag, task

from include.pods import MEDIUM, SMALL

ENTITIES = {"user": MEDIUM, "item": MEDIUM, "shop": SMALL}


@task
def sync(entity: str):
    print(f"sync {entity}")


@task
def check(entities: list):
    assert entities


@dag(
    schedule="10 * * * *",
    start_date=datetime(2024, 8, 1),
    catchup=False,
    tags=["features"],
)
def feature_store_sync():
    # `item` is three times the size of the others since the marketplace
    big = sync.override(
        task_id="sync_interactions",
        executor_config=MEDIUM,
    )("interactions")
    for entity, config in ENTITIES.items():
        sync.override(task_id=f"sync_{entity}", executor_config=config)(entity) >> big
    big >> check.override(executor_config=SMALL)(list(ENTITIES))


feature_store_sync()
