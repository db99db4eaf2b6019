"""Takes addresses that bounce off all lists."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s


@dag(
    schedule="*/15 * * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    default_args={
        "owner": "crm",
        # the network policy lets pods with this label reach the mail server
        "executor_config": {
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(labels={"egress": "mail"})
            )
        },
    },
)
def email_bounces():
    @task
    def read_mailbox():
        return ["a@example.org"]

    @task
    def suppress(addresses):
        print(addresses)

    suppress(read_mailbox())


email_bounces()
