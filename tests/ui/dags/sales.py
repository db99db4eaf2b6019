"""DAGs whose tasks' pages are looked at: one as in the documentation, and one of every other state."""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, TaskGroup

from airflow_provider_k8sexec import (
    EmptyDir,
    K8sPodOperator,
    Secret,
    k8s_config,
    k8s_task,
    per_try,
)

START = pendulum.datetime(2026, 1, 1, tz="UTC")
LONG = "a_name_as_long_as_generated_ones_are_" * 3

with DAG(
    "sales",
    schedule=None,
    start_date=START,
    default_args={"executor_config": k8s_config(cpu=(1, 2), labels={"team": "analytics"})},
):

    @k8s_task(
        memory=per_try("1Gi", "2Gi", after="oom"),
        secrets=["MODEL_TOKEN", Secret("PASSWORD", name="warehouse")],
        env_vars={"LOG_LEVEL": "info"},
        volumes={"/scratch": EmptyDir(size="10Gi")},
        retries=1,
    )
    def train() -> None:
        """Train the model of the day."""

    train()

with DAG("others", schedule=None, start_date=START):
    K8sPodOperator(task_id="started", image="busybox:1.37", memory="64Mi")

    with TaskGroup(LONG):

        @k8s_task(secrets=[Secret(LONG.upper(), name="x" * 200)], env_vars={"LONG": LONG * 4})
        def long() -> None:
            """Have names that fit nowhere."""

        long()

with DAG("local", schedule=None, start_date=START):

    @k8s_task(memory="1Gi", executor="LocalExecutor")
    def podless() -> None:
        """Run without a pod."""

    podless()
