"""DAG files with hand-written pods, in the shapes in which people write them, for ``k8sexec migrate``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec._compat import AIRFLOW_3

if TYPE_CHECKING:
    from pathlib import Path

_IMPORTS = (
    """from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG, task
"""
    if AIRFLOW_3
    else """from airflow import DAG
from airflow.decorators import task
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
"""
)

_FUNCTIONS = '''"""Loads the reports of the day."""

import pendulum
{imports}
from kubernetes.client import models as k8s

with DAG("{dag_id}", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), catchup=False):

    @task(
        executor_config={{
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            resources=k8s.V1ResourceRequirements(
                                requests={{"cpu": "500m", "memory": "{memory}Mi"}},
                                limits={{"cpu": "500m", "memory": "{memory}Mi"}},
                            ),
                            env=[k8s.V1EnvVar(name="LOG_LEVEL", value="debug")],
                        )
                    ],
                    node_selector={{"disk": "ssd"}},
                )
            )
        }}
    )
    def extract(day):
        return [day]

    @task
    def load(rows):
        print(len(rows))  # the log has the number

    load(extract("{{{{ ds }}}}"))
'''

_CONSTANT = """import pendulum
{imports}
from kubernetes.client import models as k8s

# Large enough for the joins of a month.
LARGE = {{
    "pod_override": k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(labels={{"team": "finance"}}),
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    name="base",
                    resources=k8s.V1ResourceRequirements(
                        requests={{"cpu": 2, "memory": "{memory}Mi"}}, limits={{"memory": "{memory}Mi"}}
                    ),
                    volume_mounts=[k8s.V1VolumeMount(name="lake", mount_path="/data")],
                )
            ],
            volumes=[
                k8s.V1Volume(
                    name="lake",
                    persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="lake"),
                )
            ],
        ),
    )
}}


def join():
    print("joined")


with DAG("{dag_id}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"), tags=["finance"]):
    first = BashOperator(task_id="first", bash_command="echo {{{{ ds }}}}", executor_config=LARGE)
    second = PythonOperator(task_id="second", python_callable=join, executor_config=LARGE)
    third = BashOperator(task_id="third", bash_command="echo done")
    first >> second >> third
"""

_HELPER = '''import pendulum
{imports}
from kubernetes.client import models as k8s


def pod_config(memory, cpu="500m"):
    """Give the config of a task."""
    return {{
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={{"cpu": cpu, "memory": memory}}, limits={{"cpu": cpu, "memory": memory}}
                        ),
                    )
                ],
                tolerations=[k8s.V1Toleration(key="spot", operator="Exists")],
            )
        )
    }}


with DAG("{dag_id}", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    for table in ("orders", "customers", "items"):
        BashOperator(
            task_id=f"copy_{{table}}",
            bash_command=f"copy {{table}}",
            executor_config=pod_config(memory="{memory}Mi"),
        )
'''

_DEFAULTS = """import pendulum
{imports}
from kubernetes.client import models as k8s

default_args = {{
    "retries": 2,
    "executor_config": {{
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        image="registry.example.com/airflow:{memory}",
                        env=[
                            k8s.V1EnvVar(
                                name="DB_PASSWORD",
                                value_from=k8s.V1EnvVarSource(
                                    secret_key_ref=k8s.V1SecretKeySelector(name="warehouse", key="PASSWORD")
                                ),
                            )
                        ],
                    )
                ],
                service_account_name="etl",
            )
        )
    }},
}}

with DAG(
    "{dag_id}",
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    default_args=default_args,
) as dag:
    first = BashOperator(task_id="first", bash_command="echo first")
    second = BashOperator(task_id="second", bash_command="echo second")
    first >> second
"""

SHAPES = (_FUNCTIONS, _CONSTANT, _HELPER, _DEFAULTS)


def write_hand_written(folder: Path, files: int) -> Path:
    """Write DAG files of all shapes in turn into a folder of their own, and give the folder."""
    place = folder / "dags"
    place.mkdir(parents=True)
    for number in range(files):
        shape = SHAPES[number % len(SHAPES)]
        source = shape.format(imports=_IMPORTS.rstrip(), dag_id=f"dag_{number}", memory=1024 + number)
        (place / f"dag_{number}.py").write_text(source, encoding="utf-8")
    return place
