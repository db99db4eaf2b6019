"""Multi-touch attribution, last 30 days.

Runs in a namespace of its own: finance wants to see what the model costs.
"""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.operators.empty import EmptyOperator
from kubernetes.client import models as k8s

executor_config = dict(
    pod_override=k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(
            namespace="airflow-attribution",
            labels=dict(cost_center="4711", team="attribution"),
        )
    )
)


@dag(schedule="@daily", start_date=datetime(2024, 5, 1), catchup=False)
def marketing_attribution():
    begin = EmptyOperator(task_id="begin")

    @task(executor_config=executor_config)
    def touches():
        return 1_000_000

    @task(executor_config=executor_config)
    def shapley(count):
        return count / 30

    @task
    def publish(value):
        print(value)

    begin >> publish(shapley(touches()))


marketing_attribution()
