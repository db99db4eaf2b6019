"""### Several executors

Where `[core] executor` is `LocalExecutor,KubernetesExecutor`, a task runs on the first unless it names
another, and its pod options do nothing there. `[k8sexec] executor = KubernetesExecutor` gives each task that
has some a pod.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sPythonOperator, k8s_task


def list_files():
    return ["a.csv", "b.csv"]


with DAG(
    dag_id="example_several_executors",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):
    # No options of its own: it starts at once beside the scheduler, and waits for no pod.
    listed = K8sPythonOperator(task_id="list_files", python_callable=list_files)

    # In a site without that setting: k8s_task(executor="KubernetesExecutor", ...).
    @k8s_task(cpu=2, memory="8Gi")
    def train():
        print("2 cores and 8Gi, in a pod")

    listed >> train()
