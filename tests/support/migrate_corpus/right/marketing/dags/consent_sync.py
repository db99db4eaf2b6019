"""Carries withdrawn consents to all systems, every five minutes."""

from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

cfg = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"memory": "200Mi", "cpu": 0.1}
                    ),
                )
            ]
        )
    )
}


@dag(schedule="*/5 * * * *", start_date=datetime(2024, 1, 1), catchup=False)
def consent_sync():
    @task(executor_config=cfg)
    def withdrawn():
        return [17, 23]

    for system in ("crm", "newsletter", "warehouse"):

        @task(task_id=f"tell_{system}", executor_config=cfg)
        def tell(users):
            print(users)

        tell(withdrawn.override(task_id=f"withdrawn_for_{system}")())


consent_sync()
