"""Prices of three competitors, twice a day. Runs on the spot nodes: a lost page does not hurt."""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.decorators import task
from kubernetes.client import models as k8s

COMPETITORS = ["shopwave", "buyaway", "cartopia"]

on_spot = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    env=[k8s.V1EnvVar(name="USER_AGENT", value="northwind-prices/2.1")],
                )
            ],
            automount_service_account_token=False,  # it talks to strangers
            node_selector={"cloud.google.com/gke-spot": "true"},
            tolerations=[
                k8s.V1Toleration(
                    key="cloud.google.com/gke-spot",
                    operator="Equal",
                    value="true",
                    effect="NoSchedule",
                )
            ],
        )
    )
}

with DAG(
    "web_scraper",
    schedule="0 7,19 * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={
        "retries": 4,
        "retry_exponential_backoff": True,
        "retry_delay": timedelta(minutes=1),
    },
):

    @task
    def compare(prices):
        print(min(prices))

    prices = []
    for number, competitor in enumerate(COMPETITORS):

        @task(
            task_id=f"scrape_{number}_{competitor}",
            executor_config=on_spot,
        )
        def scrape(shop):
            return len(shop) * 1.99

        prices.append(scrape(competitor))
    compare(prices)
