"""DAGs whose tasks' pods come from several places; one has what an attacker would write."""

from __future__ import annotations

import pendulum
from airflow.sdk import DAG, task
from kubernetes.client import V1Container, V1ObjectMeta, V1Pod, V1PodSpec

from airflow_provider_k8sexec import EmptyDir, Secret, k8s_config, k8s_task, per_try

START = pendulum.datetime(2026, 1, 1, tz="UTC")
HOSTILE = """<script>document.title='owned'</script>'"</code><img src=x onerror="document.title='owned'">"""

with DAG(
    "daily_report",
    schedule=None,
    start_date=START,
    default_args={"executor_config": k8s_config(cpu=(0.5, 2), labels={"team": "finance"})},
):

    @k8s_task(
        memory="1Gi",
        secrets=[
            "MY_SECRET",
            Secret("tls.crt", file="/run/tls/tls.crt"),
            Secret("PASSWORD", name="warehouse"),
        ],
        env_vars={
            "LOG_LEVEL": "debug",
            "DB_PASSWORD": "in-clear",
            "REPO": "https://bot:in-clear@example.com/r",
        },
        volumes={"/scratch": EmptyDir(size="10Gi")},
        retries=2,
    )
    def extract() -> None:
        """Get the day's numbers."""

    @task(
        executor_config={
            "pod_override": V1Pod(
                metadata=V1ObjectMeta(annotations={"note": HOSTILE}, labels={HOSTILE: HOSTILE}),
                spec=V1PodSpec(containers=[V1Container(name="base", image=HOSTILE)]),
            )
        }
    )
    def hostile() -> None:
        """Carry what an attacker would write."""

    @k8s_task(memory="512Mi", pod_template_file="/nonexistent/template.yaml")
    def mapped(number: int) -> None:
        """Be mapped, on a pod template that only the scheduler has."""

    extract() >> hostile()
    mapped.expand(number=[1, 2])

with DAG("payroll", schedule=None, start_date=START):

    @k8s_task(memory=per_try("1Gi", "2Gi", "4Gi"), retries=2)
    def pay() -> None:
        """Be seen by few."""

    pay()
