"""Trains the demand forecast of every store."""

from datetime import datetime

from airflow.decorators import dag, task


@dag(dag_id="demand_forecast", start_date=datetime(2023, 1, 1), schedule="@weekly", catchup=False)
def demand_forecast():
    @task
    def stores():
        return [1, 2, 3]

    # prophet is slow, but it does not need much
    @task(executor_config={"cpu": "2", "memory": "4Gi"})
    def fit(store_ids):
        print(store_ids)

    @task(executor_config={"cpu": "500m"})
    def publish():
        print("publish")

    fit(stores()) >> publish()


demand_forecast()
