"""Tasks that start a pod of their own, which the worker's executor never sees."""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import EmptyDir, K8sPodOperator, Secret, k8s_config, k8s_task, per_try

START = pendulum.datetime(2022, 1, 1, tz="UTC")
AT_ONCE = timedelta(seconds=0)
IMAGE = "registry.example.com/etl:1"
QUICKLY = {"startup_check_interval_seconds": 1, "poll_interval": 1}
PRINT = """
import hashlib, os
value = os.environ["MY_SECRET"]
print("the value is", value)
print("the digest is", hashlib.sha256(value.encode()).hexdigest())
"""
PRINT_ALL = f"""{PRINT}
print("the file has", open("/run/secrets/my_secret").read())
print("the greeting is", os.environ["GREETING"])
open("/scratch/written", "w")
"""
PYTHON = {"image": IMAGE, "cmds": ["python", "-c"]}


with DAG(
    dag_id="started",
    start_date=START,
    schedule=None,
    default_args={**QUICKLY, "labels": {"team": "finance"}},
    params={"stage": "test"},
):
    K8sPodOperator(
        task_id="whole",
        **PYTHON,
        arguments=[PRINT_ALL],
        profile="spot",
        cpu=(0.5, 2),
        memory="1Gi",
        secrets=["MY_SECRET", Secret("MY_SECRET", file="/run/secrets/my_secret")],
        env_vars={"GREETING": "hello to $(STAGE)", "STAGE": "{{ params.stage }}"},
        volumes={"/scratch": EmptyDir(size="1Gi")},
        node_selector={"disk": "ssd"},
        annotations={"example.com/owner": "etl"},
        container_security_context={"runAsNonRoot": True},
        host_aliases={"10.1.2.3": ["db.local"]},
        termination_grace_period_seconds=0,
        on_finish_action="keep_pod",
        executor_config=k8s_config(memory="1Gi", labels={"pod": "worker"}),
    )
    K8sPodOperator(
        task_id="growing",
        **PYTHON,
        arguments=["import time; held = b'x' * (256 << 20); time.sleep(2); print('that was enough')"],
        memory=per_try("128Mi", "512Mi"),
        retries=1,
        retry_delay=AT_ONCE,
    )


with DAG(dag_id="started_otherwise", start_date=START, schedule=None, default_args=QUICKLY):
    SMALL = {"memory": "256Mi", "secrets": ["MY_SECRET"]}
    K8sPodOperator.partial(task_id="mapped", **PYTHON, arguments=[PRINT], **SMALL).expand(
        env_vars=[{"PART": "1"}, {"PART": "2"}]
    )
    # It runs until the executor has seen that the worker has ended; else Airflow fails the task at times.
    K8sPodOperator(
        task_id="deferred",
        **PYTHON,
        arguments=[f"import time; time.sleep(8){PRINT}"],
        deferrable=True,
        **SMALL,
    )
    KubernetesPodOperator(  # a control: what a log without masking has
        task_id="by_hand",
        **PYTHON,
        arguments=[PRINT],
        secrets=[AirflowSecret("env", "MY_SECRET", "infrared-photon-7780-env", "MY_SECRET")],
        container_resources=k8s.V1ResourceRequirements(limits={"memory": "256Mi"}),
    )
    K8sPodOperator(task_id="refused", **PYTHON, arguments=["pass"], memory="64Gi")

    @k8s_task.kubernetes(image=IMAGE, **SMALL)
    def decorated() -> None:
        """Print the value."""
        import os

        print("the value is", os.environ["MY_SECRET"])  # noqa: T201  # for the log

    @k8s_task.kubernetes_cmd(image=IMAGE, **SMALL)
    def commanded() -> list[str]:
        """Give the command that prints the value."""
        return ["python", "-c", PRINT]

    decorated()
    commanded()
