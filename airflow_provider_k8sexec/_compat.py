"""The only place that asks which Airflow this is.

Airflow 2.11 and 3.x have the same things in different places; everybody else imports them from here.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from airflow import __version__ as airflow_version

AIRFLOW_3 = int(airflow_version.partition(".")[0]) >= 3  # noqa: PLR2004  # Airflow 3

if TYPE_CHECKING or AIRFLOW_3:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import task
    from airflow.sdk.definitions._internal.contextmanager import DagContext, TaskGroupContext

    get_current_dag = DagContext.get_current
    get_current_task_group = TaskGroupContext.get_current
else:
    from airflow.decorators import task
    from airflow.models.dag import DagContext
    from airflow.operators.bash import BashOperator
    from airflow.operators.python import PythonOperator
    from airflow.utils.task_group import TaskGroupContext

    get_current_dag = DagContext.get_current_dag
    get_current_task_group = TaskGroupContext.get_current_task_group

__all__ = [
    "AIRFLOW_3",
    "BashOperator",
    "PythonOperator",
    "airflow_version",
    "get_current_dag",
    "get_current_task_group",
    "load_dag_bag",
    "load_option",
    "mask_secret",
    "task",
]


def load_option(section: str, option: str) -> str | None:
    """Read an option of Airflow's configuration; ``None`` where it is not set."""
    from airflow.configuration import conf  # noqa: PLC0415  # not every importer asks

    return conf.get(section, option, fallback=None)


def load_dag_bag(path: str) -> Any:
    """Load the DAGs of a file or folder, without a database."""
    try:
        from airflow.dag_processing.dagbag import DagBag  # noqa: PLC0415  # Airflow 3.2
    except ImportError:
        from airflow.models.dagbag import DagBag  # noqa: PLC0415
    without_examples = (
        {"include_examples": False} if "include_examples" in inspect.signature(DagBag).parameters else {}
    )
    return DagBag(dag_folder=path, safe_mode=False, **without_examples)


def mask_secret(value: str) -> None:
    """Hide a value in the logs of this process, and of the supervisor that writes them."""
    _mask()(value)


def _mask() -> Any:
    # Airflow has moved its masker twice: 3.1 has it in the SDK, 3.0 in the SDK's execution time.
    try:
        from airflow.sdk.log import mask_secret as mask  # noqa: PLC0415
    except ImportError:
        try:
            from airflow.sdk.execution_time.secrets_masker import mask_secret as mask  # noqa: PLC0415
        except ImportError:
            from airflow.utils.log.secrets_masker import mask_secret as mask  # noqa: PLC0415
    return mask
