"""What differs between the lines of Airflow, and what tests ask of either: serialise, read back, launch."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pendulum
import yaml
from airflow.executors import executor_loader
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from executor_pods import construct_pod

from airflow_provider_k8sexec._compat import AIRFLOW_3, _import_first, airflow_version
from airflow_provider_k8sexec.options.quantity import Quantity

if AIRFLOW_3:
    from airflow.providers.standard.decorators.python import _PythonDecoratedOperator
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.providers.standard.sensors.python import PythonSensor
    from airflow.sdk import DAG, BaseOperator, TaskGroup, setup, task, task_group, teardown
    from airflow.sdk.bases.decorator import task_decorator_factory
else:
    from airflow import DAG
    from airflow.decorators import setup, task, task_group, teardown
    from airflow.decorators.base import task_decorator_factory
    from airflow.decorators.python import _PythonDecoratedOperator
    from airflow.models.baseoperator import BaseOperator
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    from airflow.sensors.python import PythonSensor
    from airflow.utils.task_group import TaskGroup

AirflowException, AirflowSkipException = (
    _import_first(f"airflow.sdk.exceptions:{name}", f"airflow.exceptions:{name}")  # the first from 3.2 on
    for name in ("AirflowException", "AirflowSkipException")
)
DagSerialization = _import_first(
    "airflow.serialization.serialized_objects:DagSerialization",  # from 3.2 on
    "airflow.serialization.serialized_objects:SerializedDAG",
)
LINE = tuple(int(number) for number in airflow_version.split(".")[:2])
"""The line of Airflow, as ``(3, 1)``."""
HAS_POD_TAB = LINE >= (3, 1)
"""Plugins may have pages in the web interface."""
HAS_COMMANDS = LINE >= (3, 2)
"""Providers may have commands of ``airflow``."""
HAS_TEAMS = LINE >= (3, 2)
"""Executors may be those of a team."""
HAS_COORDINATORS = LINE >= (3, 3)
"""A queue may be that of a coordinator."""
PROVIDER = tuple(map(int, version("apache-airflow-providers-cncf-kubernetes").split(".")[:2]))
"""The release of the provider, as ``(10, 13)``. Conditions name the first of the tested releases."""
KEEPS_VOLUMES_AS_THEY_ARE = PROVIDER >= (10, 23)
"""A KubernetesPodOperator reads its volumes as the pod is built, and not as the DAG is parsed."""

ProvidersManager = _import_first(
    "airflow.sdk.providers_manager_runtime:ProvidersManagerTaskRuntime",  # from 3.2 on
    "airflow.providers_manager:ProvidersManager",
)
_secrets_masker, redact = (
    _import_first(
        f"airflow.sdk._shared.secrets_masker:{name}",  # from 3.1 on
        f"airflow.sdk.execution_time.secrets_masker:{name}",  # 3.0
        f"airflow.utils.log.secrets_masker:{name}",
    )
    for name in ("_secrets_masker", "redact")
)

__all__ = [
    "AIRFLOW_3",
    "DAG",
    "HAS_COMMANDS",
    "HAS_COORDINATORS",
    "HAS_POD_TAB",
    "HAS_TEAMS",
    "KEEPS_VOLUMES_AS_THEY_ARE",
    "LINE",
    "PROVIDER",
    "AirflowException",
    "AirflowSkipException",
    "BaseOperator",
    "BashOperator",
    "DagSerialization",
    "ProvidersManager",
    "PythonOperator",
    "PythonSensor",
    "TaskGroup",
    "_PythonDecoratedOperator",
    "_secrets_masker",
    "amounts_by_value",
    "deserialize",
    "forget_executors",
    "launched_pod",
    "new_dag",
    "pod_of",
    "redact",
    "serialize",
    "serialized_tasks",
    "setup",
    "task",
    "task_decorator_factory",
    "task_group",
    "teardown",
]

HELM_TEMPLATE = Path(__file__).parent / "pod_template.yaml"


def new_dag(dag_id: str = "a_dag", **arguments: Any) -> DAG:
    """Make a DAG that nothing schedules."""
    start = pendulum.datetime(2023, 1, 1, tz="UTC")
    return DAG(dag_id=dag_id, start_date=start, schedule=None, catchup=False, **arguments)


def serialize(dag: DAG) -> dict[str, Any]:
    """Serialise a DAG as the dag-processor does, down to the text in the database."""
    return json.loads(json.dumps(DagSerialization.to_dict(dag)))


def deserialize(serialized: dict[str, Any]) -> Any:
    """Read a DAG back as the scheduler does."""
    return DagSerialization.from_dict(serialized)


def serialized_tasks(dag: DAG) -> dict[str, dict[str, Any]]:
    """Give the fields of each serialised task by task id."""
    tasks = (item["__var"] for item in serialize(dag)["dag"]["tasks"])
    return {fields["task_id"]: fields for fields in tasks}


def pod_of(executor_config: dict[str, Any]) -> dict[str, Any]:
    """Give the partial pod of an ``executor_config``, as data."""
    return PodGenerator.serialize_pod(executor_config["pod_override"])


def launched_pod(executor_config: dict[str, Any], template: Path = HELM_TEMPLATE) -> dict[str, Any]:
    """Merge a task's pod as the KubernetesExecutor does, over a pod template."""
    pod = construct_pod(
        PodGenerator.from_obj(executor_config),
        _read_template(template),
        kube_image="apache/airflow:of-the-site",
        namespace="astronomer-infrared-photon-7780",
        with_mutation_hook=True,
    )
    pod.metadata.labels["airflow-worker"] = "0"  # no scheduler's, as where a pod is only shown
    return PodGenerator.serialize_pod(pod)


@cache
def _read_template(path: Path) -> dict[str, Any]:
    """Read a pod template once: YAML takes longer than the merge; who merges it makes a copy."""
    template: dict[str, Any] = yaml.safe_load(path.read_text())
    return template


def amounts_by_value(manifest: Any, key: str | None = None) -> Any:
    """Read the quantities of a manifest, so that equal amounts are equal however they are written."""
    if key in {"requests", "limits"}:
        return {name: Quantity(str(amount)) for name, amount in manifest.items()}
    if key == "sizeLimit":
        return Quantity(str(manifest))
    if isinstance(manifest, dict):
        return {name: amounts_by_value(value, name) for name, value in manifest.items()}
    if isinstance(manifest, list):
        return [amounts_by_value(item) for item in manifest]
    return manifest


def forget_executors() -> None:
    """Let Airflow read ``[core] executor`` anew; it keeps what a process has read first."""
    for name, kept in vars(executor_loader).items():
        if not name.startswith("__") and isinstance(kept, (dict, list)):
            kept.clear()
