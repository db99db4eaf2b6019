"""Audits the roles of the database, in the namespace that the installation has."""

from datetime import datetime

from airflow import DAG
from airflow.configuration import conf
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

namespace = conf.get("kubernetes_executor", "namespace", fallback="airflow")


def audit():
    print("audit")


with DAG("role_audit", start_date=datetime(2022, 1, 1), schedule="@weekly", catchup=False) as dag:
    audit_task = PythonOperator(
        task_id="audit",
        python_callable=audit,
        executor_config={
            "pod_override": k8s.V1Pod(
                metadata=k8s.V1ObjectMeta(labels={"audited-namespace": namespace}),
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[k8s.V1EnvVar(name="AUDITED_NAMESPACE", value=namespace)],
                        )
                    ]
                ),
            )
        },
    )
