"""What Astronomer's pages on the KubernetesExecutor teach, by hand, with the imports of today's Airflow.

Sources: https://www.astronomer.io/docs/astro/kubernetes-executor and the same page for Astro Private Cloud.
"""

from __future__ import annotations

import pendulum
from kubernetes.client import models as k8s

try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task
    from airflow.operators.bash import BashOperator

k8s_exec_config_resource_requirements = {
    "pod_override": k8s.V1Pod(
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={"cpu": 0.5, "memory": "1024Mi"}, limits={"cpu": 0.5, "memory": "1024Mi"}
                    ),
                )
            ]
        )
    )
}

with DAG(
    dag_id="example_kubernetes_executor_pod_override_sources",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    catchup=False,
):
    BashOperator(
        task_id="bash_resource_requirements_override_example",
        bash_command="echo hi",
        executor_config=k8s_exec_config_resource_requirements,
    )

    @task(executor_config=k8s_exec_config_resource_requirements)
    def resource_requirements_override_example(): ...

    @task(executor_config={"pod_template_file": "/tmp/new_pod_template.yaml"})  # noqa: S108  # the page's path
    def task_with_template(): ...

    resource_requirements_override_example()
    task_with_template()
