"""Rebuilds the search index. SMALL, MEDIUM and LARGE are agreed with the platform team."""

import pendulum
from airflow.decorators import dag, task

SMALL = {"KubernetesExecutor": {"request_cpu": "250m", "request_memory": "512Mi"}}
MEDIUM = {"KubernetesExecutor": {"request_cpu": "1", "request_memory": "2Gi", "limit_memory": "4Gi"}}
LARGE = {
    "KubernetesExecutor": {
        "request_cpu": "4",
        "request_memory": "16Gi",
        "limit_memory": "16Gi",
        # only the big nodes have so much memory
        "node_selectors": {"node.example.com/size": "big"},
    }
}


@dag(
    dag_id="search_index",
    start_date=pendulum.datetime(2022, 3, 1, tz="Europe/Paris"),
    schedule="0 4 * * *",
    catchup=False,
)
def search_index():
    @task(executor_config=SMALL)
    def list_documents():
        return ["a", "b"]

    @task(executor_config=MEDIUM)
    def tokenise(documents):
        return len(documents)

    @task(executor_config=LARGE)
    def build_index(count):
        print("index of", count)

    @task(executor_config=SMALL)
    def swap_alias():
        print("swapped")

    build_index(tokenise(list_documents())) >> swap_alias()


search_index()
