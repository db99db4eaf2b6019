"""Embeds product texts. The first step needs nothing, the second all it can get."""

import pendulum
from airflow.decorators import dag, task


@dag(start_date=pendulum.datetime(2023, 5, 1, tz="UTC"), schedule="@weekly", catchup=False, tags=["nlp"])
def product_embeddings():
    @task(retries=3, executor_config={"KubernetesExecutor": {"request_cpu": "100m"}})
    def list_products():
        return list(range(10))

    @task(
        retries=1,
        executor_config={
            "KubernetesExecutor": {
                "request_cpu": "3500m",
                "limit_cpu": "7",
                "request_memory": "12Gi",
                "limit_memory": "14Gi",
                "tolerations": [{"key": "batch", "operator": "Exists", "effect": "NoSchedule"}],
            }
        },
    )
    def embed(products):
        """Runs the small model on CPU; the GPU is not worth it for 10k texts."""
        print(len(products))

    @task
    def swap():
        print("swap")

    embed(list_products()) >> swap()


product_embeddings()
