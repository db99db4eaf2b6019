"""Run the tasks of a DAG as worker pods of the KubernetesExecutor do; the DAG has a run in the database.

Arguments: the DAG's file, in the folder of DAGs, the DAG, and its tasks, if not all are to run. Their logs go
into the folder of logs.
"""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from airflow.utils.state import TaskInstanceState

from airflow_provider_k8sexec._compat import AIRFLOW_3


def queue_again(dag_id: str, task_ids: list[str]) -> list[TaskInstance]:
    """Queue tasks of the DAG's run, or all of them, for another try, as the scheduler does."""
    with create_session() as session:
        instances = session.query(TaskInstance).filter_by(dag_id=dag_id).all()
        instances = [instance for instance in instances if not task_ids or instance.task_id in task_ids]
        for instance in instances:
            instance.try_number += 1
            instance.state = TaskInstanceState.QUEUED
        session.flush()
        session.expunge_all()
    return instances


def run_on_airflow_3(file: Path, instance: TaskInstance) -> None:
    """Supervise the task, with the API that an API server would serve."""
    from airflow.executors.workloads import BundleInfo
    from airflow.sdk.api.client import Client
    from airflow.sdk.api.datamodels._generated import TaskInstance as Workload
    from airflow.sdk.execution_time.supervisor import in_process_api_server, supervise_task

    client = Client(base_url=None, token="", dry_run=True, transport=in_process_api_server().transport)
    client.base_url = "http://in-process.invalid./"
    names = ("task_id", "dag_id", "run_id", "try_number", "map_index", "queue")
    identity = {"id": UUID(str(instance.id)), "dag_version_id": UUID(str(instance.dag_version_id))}
    supervise_task(
        ti=Workload(**identity, **{name: getattr(instance, name) for name in names}),
        bundle_info=BundleInfo(name="dags-folder"),
        dag_rel_path=file.name,
        token="",
        client=client,
        log_path=f"{instance.task_id}.log",
    )


def run_on_airflow_2(file: Path, instance: TaskInstance) -> None:
    """Run the command that the executor gives to the pod."""
    from airflow.cli.cli_parser import get_parser

    words = ["tasks", "run", instance.dag_id, instance.task_id, instance.run_id, "--local"]
    words += ["--subdir", str(file)]
    words += ["--map-index", str(instance.map_index)] if instance.map_index >= 0 else []
    arguments = get_parser().parse_args(words)
    arguments.func(arguments)


if __name__ == "__main__":
    run_task = run_on_airflow_3 if AIRFLOW_3 else run_on_airflow_2
    for queued in queue_again(sys.argv[2], sys.argv[3:]):
        run_task(Path(sys.argv[1]), queued)
