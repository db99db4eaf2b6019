"""### CPU and memory

Half a core and 1024Mi, as request and as limit: a number and a quantity, where `V1Pod` needs five nested
objects.
"""

import time

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sBashOperator, k8s_task

with DAG(
    dag_id="example_kubernetes_executor_pod_override_sources",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    catchup=False,
    doc_md=__doc__,
):
    K8sBashOperator(
        task_id="bash_resource_requirements_override_example",
        bash_command="echo hi",
        cpu=0.5,
        memory="1024Mi",
    )

    @k8s_task(cpu=0.5, memory="1024Mi")
    def resource_requirements_override_example():
        print("half a core and 1024Mi")
        time.sleep(1)

    resource_requirements_override_example()
