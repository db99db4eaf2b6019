"""Features for the churn model. Same amounts for requests and limits, as the platform team wants."""

from datetime import datetime

from airflow.decorators import dag, task


@dag(
    dag_id="churn_model_features",
    start_date=datetime(2022, 6, 1),
    schedule="@daily",
    catchup=False,
    tags=["ml", "churn"],
)
def churn_features():
    @task(
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "1Gi",
                "limit_memory": "1Gi",
                "request_cpu": "500m",
                "limit_cpu": "500m",
            }
        }
    )
    def usage_features():
        return "usage"

    @task(
        executor_config={
            "KubernetesExecutor": {
                "request_memory": "4096Mi",
                "limit_memory": "4Gi",
                "request_cpu": "2",
                "limit_cpu": "2",
            }
        }
    )
    def billing_features():
        return "billing"

    @task
    def join(usage, billing):
        print(usage, billing)

    join(usage_features(), billing_features())


churn_features()
