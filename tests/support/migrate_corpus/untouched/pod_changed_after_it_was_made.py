"""Archives the mails. The pod is put together step by step, as the old helper did."""

from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

pod = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(
                name="base",
                resources=k8s.V1ResourceRequirements(requests={"memory": "1Gi"}),
            )
        ]
    )
)

# The archive's index is on the nodes with local disks.
pod.spec.node_selector = {"disk": "local"}
pod.spec.containers[0].resources.limits = {"memory": "2Gi"}
pod.spec.containers[0].env = [k8s.V1EnvVar(name="INDEX", value="/mnt/index")]


def archive():
    print("archive")


with DAG("mail_archive", start_date=datetime(2022, 6, 1), schedule="@daily", catchup=False) as dag:
    PythonOperator(
        task_id="archive",
        python_callable=archive,
        executor_config={"pod_override": pod},
    )
