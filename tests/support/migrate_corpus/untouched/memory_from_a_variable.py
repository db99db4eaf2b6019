"""Recomputes the recommendations. Operations raise the memory in the UI when the catalogue grows."""

from datetime import datetime

from airflow import DAG
from airflow.models import Variable
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

# changed without a deployment, see the runbook
memory = Variable.get("recommendations_memory", default_var="4Gi")


def recompute():
    print("recompute")


with DAG("recommendations", start_date=datetime(2023, 1, 1), schedule="0 2 * * *", catchup=False) as dag:
    PythonOperator(
        task_id="recompute",
        python_callable=recompute,
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={"memory": memory}, limits={"memory": memory}
                            ),
                        )
                    ]
                )
            )
        },
    )
