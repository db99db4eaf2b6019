"""### The pod that an operator starts

`K8sPodOperator` takes all pod options for the pod that it starts, under every executor. The options of the
worker, which runs the operator, are in `executor_config`.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import EmptyDir, K8sPodOperator, k8s_config, per_try

with DAG(
    dag_id="example_pod_operator",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    default_args={"labels": {"team": "finance"}},
    doc_md=__doc__,
):
    K8sPodOperator(
        task_id="sort",
        image="busybox:1.37",
        cmds=["sh", "-c", "sort /etc/services > /scratch/sorted"],
        cpu=0.5,
        memory=per_try("256Mi", "512Mi"),
        secrets=["MY_SECRET"],
        env_vars={"RUN": "{{ run_id }}"},
        volumes={"/scratch": EmptyDir(size="1Gi")},
        retries=1,
        executor_config=k8s_config(cpu="100m", memory="256Mi"),
    )
