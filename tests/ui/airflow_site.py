"""A deployment of Airflow with DAGs, runs, and what workers and the scheduler leave of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import select

from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY

HERE = Path(__file__).parent
PASSWORDS = {"boss": "of-the-boss", "analyst": "of-the-analyst", "guest": "of-the-guest"}
HOSTILE = """<script>document.title='owned'</script>'"</code><img src=x onerror="document.title='owned'">"""
RUNS = ["manual__1", "manual__2", HOSTILE, "manual__3"]
SITE = {
    "AIRFLOW__API__SECRET_KEY": "k" * 64,
    "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 64,
    "AIRFLOW__CORE__AUTH_MANAGER": "auth.PerDagAuthManager",
    "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
    "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "boss:admin,analyst:viewer,guest:viewer",
    "AIRFLOW__SCHEDULER__ALLOWED_RUN_ID_PATTERN": ".*",
    "AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780",
    "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(HERE.parent / "support" / "pod_template.yaml"),
    # No cluster is to be asked, even if this machine knows one.
    "AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER": "False",
    "AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE": "/nonexistent",
}
MEBIBYTE = 1024**2


def make_runs() -> None:
    """Leave what a scheduler and workers leave of some runs; the last run's first try was killed."""
    from airflow.models.log import Log
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    queued = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)
    dag = SerializedDagModel.get_dag("daily_report")
    with create_session() as session:
        for number, run_id in enumerate(RUNS):
            dag.create_dagrun(
                run_id=run_id,
                run_after=queued + dt.timedelta(days=number),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.TEST,
                state=DagRunState.RUNNING,
                session=session,
            )
            session.flush()
            instance = session.scalar(
                select(TaskInstance).where(TaskInstance.run_id == run_id, TaskInstance.task_id == "extract")
            )
            instance.queued_dttm, instance.try_number, instance.state = queued, 1, "success"
            if run_id == RUNS[0]:
                session.add(Log(FAILURE_EVENT, instance, extra="Unschedulable: no node had room."))
            if run_id == RUNS[-1]:
                instance.state = "failed"
                session.add(Log(FAILURE_EVENT, instance, extra=f"OOMKilled: use per_try. {HOSTILE}"))
                instance = _retry(instance, session)
                instance.try_number, instance.state = 2, "success"
            XComModel.set(
                USAGE_KEY,
                {
                    "try_number": 1,
                    "memory_peak": (300 + number) * MEBIBYTE,
                    "memory_request": 1024 * MEBIBYTE,
                },
                dag_id="daily_report",
                task_id="extract",
                run_id=run_id,
                session=session,
            )


def _retry(instance, session):
    """Keep a try as an earlier one, and give what is to become the next."""
    if hasattr(instance, "working_set"):  # from Airflow 3.4 on
        return instance.prepare_db_for_next_try(session)
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    TaskInstanceHistory.record_ti(instance, session=session)
    return instance
