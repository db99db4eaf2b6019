"""The same DAG three ways: plain ``@task`` (the limit), hand-written ``pod_override``, and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import AIRFLOW_3

if TYPE_CHECKING:
    from pathlib import Path

_IMPORTS = (
    "from airflow.sdk import DAG, task"
    if AIRFLOW_3
    else "from airflow import DAG\nfrom airflow.decorators import task"
)

_PLAIN = """
import pendulum
{imports}

with DAG("{dag_id}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for index in range({tasks}):

        @task(task_id=f"task_{{index}}")
        def run(): ...

        run()
"""

_HAND_WRITTEN = """
import pendulum
{imports}
from kubernetes.client import models as k8s

with DAG("{dag_id}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for index in range({tasks}):
        pod = k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={{"cpu": 0.5, "memory": "1024Mi"}},
                            limits={{"cpu": 0.5, "memory": "1024Mi"}},
                        ),
                        env=[
                            k8s.V1EnvVar(
                                name="MY_SECRET",
                                value_from=k8s.V1EnvVarSource(
                                    secret_key_ref=k8s.V1SecretKeySelector(
                                        name="release-env", key="MY_SECRET"
                                    )
                                ),
                            )
                        ],
                    )
                ]
            )
        )

        @task(task_id=f"task_{{index}}", executor_config={{"pod_override": pod}})
        def run(): ...

        run()
"""

_OURS = """
import pendulum
{imports}
from airflow_provider_k8sexec import k8s_task

with DAG("{dag_id}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for index in range({tasks}):

        @k8s_task(task_id=f"task_{{index}}", cpu=0.5, memory="1024Mi", secrets=["MY_SECRET"])
        def run(): ...

        run()
"""

PLAIN, HAND_WRITTEN, OURS = "plain", "hand-written", "ours"
PROGRAMS = {PLAIN: _PLAIN, HAND_WRITTEN: _HAND_WRITTEN, OURS: _OURS}
RELEASE = "release"


def write_dags(folder: Path, alternative: str, *, tasks: int, files: int = 1) -> Path:
    """Write DAG files of one alternative into a folder of their own.

    Args:
        folder: Where that folder is to be.
        alternative: One of ``PROGRAMS``.
        tasks: The number of tasks in each file.
        files: The number of files.

    Returns:
        The folder; its first file is ``dag_0.py``.
    """
    place = folder / f"{alternative}-{tasks}x{files}"
    place.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        program = PROGRAMS[alternative].format(imports=_IMPORTS, dag_id=f"dag_{number}", tasks=tasks)
        (place / f"dag_{number}.py").write_text(program, encoding="utf-8")
    return place
