"""TikTok's reports. Legal wants these in a namespace and with an account of their own."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

POD = k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(
        namespace="airflow-restricted",
        labels={"data": "restricted"},
        annotations={"lumen.example/egress": "business-api.tiktok.com"},
    ),
    spec=k8s.V1PodSpec(
        service_account_name="tiktok-ads",
        containers=[k8s.V1Container(name="base")],
    ),
)


@dag(schedule="0 6 * * *", start_date=datetime(2024, 1, 1), catchup=False, tags=["ads"])
def tiktok_ads():
    @task(executor_config={"pod_override": POD})
    def report(advertiser):
        return advertiser

    @task
    def load(reports):
        print(list(reports))

    load(report.expand(advertiser=["7001", "7002"]))


tiktok_ads()
