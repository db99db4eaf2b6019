"""A deployment of Airflow with DAGs, runs, and what workers and the scheduler leave of them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import select

from airflow_provider_k8sexec.past_tries.failures import FAILURE_EVENT
from airflow_provider_k8sexec.past_tries.kept_usage import USAGE_EVENT, KeptUsage, build_row
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY, Usage
from airflow_provider_k8sexec.pod.pod_try import PodTry

HERE = Path(__file__).parent
PASSWORDS = {"boss": "of-the-boss", "analyst": "of-the-analyst", "guest": "of-the-guest"}
HOSTILE = """<script>document.title='owned'</script>'"</code><img src=x onerror="document.title='owned'">"""
RUNS = ["manual__1", "manual__2", HOSTILE, "manual__3"]
SITE = {
    "AIRFLOW__API__SECRET_KEY": "k" * 64,
    "AIRFLOW__API_AUTH__JWT_SECRET": "j" * 64,
    "AIRFLOW__CORE__AUTH_MANAGER": "auth.PerDagAuthManager",
    "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
    "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor,LocalExecutor",
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "boss:admin,analyst:viewer,guest:viewer",
    "AIRFLOW__SCHEDULER__ALLOWED_RUN_ID_PATTERN": ".*",
    "AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780",
    "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(HERE.parent / "support" / "pod_template.yaml"),
    # No cluster is to be asked, even if this machine knows one.
    "AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER": "False",
    "AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE": "/nonexistent",
}
MEBIBYTE = 1024**2
LONG_TASK = f"{'a_name_as_long_as_generated_ones_are_' * 3}.long"


SALES_RUNS = [f"manual__2026-11-{day:02}T06:00:00+00:00" for day in range(1, 13)]
SALES_PEAKS = (412, 455, 431, 502, 548, 521, 610, 655, 702, 768, 1024, 830)
GONE_RUNS = [f"manual__2026-10-{day}T06:00:00+00:00" for day in range(22, 32)]
GONE_PEAKS = (391, 402, 377, 420, 398, 405, 411, 389, 415, 404)
"""Of these, Airflow has the rows of the event log alone."""
OOM = "OOMKilled: memory='1Gi' was exceeded; set retries=... so that it runs again, with memory='2Gi'."
STARTED = dt.datetime(2026, 11, 1, tzinfo=dt.timezone.utc)


LAUNCHED_WITH = {
    "requests": {"memory": 1024 * MEBIBYTE, "cpu": 1},
    "limits": {"memory": 1024 * MEBIBYTE, "cpu": 2},
}


def make_runs() -> None:
    """Leave what a scheduler and workers leave of some runs; the last run's first try was killed."""
    from airflow.utils.session import create_session

    with create_session() as session:
        for number, run_id in enumerate(RUNS):
            instance = _make_instance("daily_report", "extract", run_id, number, session)
            if run_id == RUNS[0]:
                _record_failure(instance, "Unschedulable: no node had room.", session)
            if run_id == RUNS[-1]:
                _fail_and_retry(instance, f"OOMKilled: use per_try. {HOSTILE}", "success", session)
            _record_usage(instance, (300 + number) * MEBIBYTE, session)
        for number, (run_id, peak) in enumerate(zip(SALES_RUNS, SALES_PEAKS, strict=True)):
            instance = _make_instance("sales", "train", run_id, number, session)
            if run_id == SALES_RUNS[-1]:
                _fail_and_retry(instance, OOM, "running", session)
                killed_at = STARTED + dt.timedelta(days=number)
                _keep(run_id, killed_at, session, ended="OOMKilled", was_killed=True, **LAUNCHED_WITH)
            else:
                cpu, amounts = _measure_cpu(number), {"memory_limit": 1024 * MEBIBYTE}
                kills = {"oom_kills": int(peak == max(SALES_PEAKS))}
                _record_usage(instance, peak * MEBIBYTE, session, **cpu, **amounts, **kills)
        for number, (run_id, peak) in enumerate(zip(GONE_RUNS, GONE_PEAKS, strict=True)):
            usage = Usage(try_number=1, memory_peak=peak * MEBIBYTE, **_measure_cpu(number))
            ended = STARTED - dt.timedelta(days=len(GONE_RUNS) - number)
            _keep(run_id, ended, session, usage=usage, **LAUNCHED_WITH)
        for task_id, dag_id in (("started", "others"), ("podless", "local")):
            _make_instance(dag_id, task_id, "manual__1", 0, session)
        failed = _load_instance("others", LONG_TASK, "manual__1", session)
        failed.queued_dttm, failed.try_number, failed.state = STARTED, 1, "failed"


def _measure_cpu(number):
    """Give what a worker measures of CPU."""
    cpu = {"cpu_seconds": 200.0 + 37 * (number * 5 % 7), "seconds": 400.0}
    return {**cpu, "cpu_request": 1.0, "cpu_limit": 2.0}


def _keep(run_id, at, session, **kept):
    """Keep what the first try of a run has used, as the scheduler does."""
    from airflow.models.log import Log

    of = PodTry("sales", "train", run_id, -1, 1)
    names = ("dag_id", "task_id", "run_id", "map_index", "try_number")
    row = Log(USAGE_EVENT, extra=build_row(KeptUsage(of=of, pod=f"train-{run_id[8:18]}", **kept)))
    for name in names:
        setattr(row, name, getattr(of, name))
    row.dttm = at
    session.add(row)


def _make_instance(dag_id, task_id, run_id, day, session):
    """Make a run of a DAG, and give an instance of a task that has succeeded in it."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    SerializedDagModel.get_dag(dag_id, session=session).create_dagrun(
        run_id=run_id,
        run_after=STARTED + dt.timedelta(days=day),
        run_type=DagRunType.MANUAL,
        triggered_by=DagRunTriggeredByType.TEST,
        state=DagRunState.RUNNING,
        session=session,
    )
    session.flush()
    instance = _load_instance(dag_id, task_id, run_id, session)
    instance.queued_dttm, instance.try_number, instance.state = STARTED, 1, "success"
    return instance


def _load_instance(dag_id, task_id, run_id, session):
    from airflow.models.taskinstance import TaskInstance

    identity = {"dag_id": dag_id, "task_id": task_id, "run_id": run_id}
    return session.scalar(select(TaskInstance).filter_by(**identity))


def _record_failure(instance, sentence, session):
    from airflow.models.log import Log

    session.add(Log(FAILURE_EVENT, instance, extra=sentence))


def _fail_and_retry(instance, sentence, state, session):
    """Let the first try fail for a reason, and give the second one a state."""
    instance.state = "failed"
    _record_failure(instance, sentence, session)
    instance = _retry(instance, session)
    instance.try_number, instance.state = 2, state


def _record_usage(instance, peak, session, **amounts):
    from airflow.models.xcom import XComModel

    XComModel.set(
        USAGE_KEY,
        {"try_number": 1, "memory_peak": peak, "memory_request": 1024 * MEBIBYTE, **amounts},
        dag_id=instance.dag_id,
        task_id=instance.task_id,
        run_id=instance.run_id,
        session=session,
    )


def _retry(instance, session):
    """Keep a try as an earlier one, and give what is to become the next."""
    if hasattr(instance, "working_set"):  # from Airflow 3.4 on
        return instance.prepare_db_for_next_try(session)
    from airflow.models.taskinstancehistory import TaskInstanceHistory

    TaskInstanceHistory.record_ti(instance, session=session)
    return instance
