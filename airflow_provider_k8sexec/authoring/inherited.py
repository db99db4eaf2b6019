"""The layers around a task of any operator, where ``k8s_config`` has made its ``executor_config``.

An operator of this package gathers its layers as it is constructed. For any other, Airflow takes the
innermost ``executor_config`` alone (https://github.com/apache/airflow/issues/72544). So Airflow's cluster
policy adds those around it, once the DAG is complete.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import attach_layers, keep_unread
from airflow_provider_k8sexec.authoring.layers import Layer, find_defaults
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import DeploymentError, Problem, SpecError, name_task
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from airflow_provider_k8sexec.exceptions import K8sExecError
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

    Locate = Callable[[Any], tuple[str, int]]


def add_all_layers(tasks: Iterable[Any], locate: Locate) -> list[K8sExecError]:
    """Lay the ``executor_config`` of each task over those of the ``default_args`` around it.

    One that was written by hand stays as it is, and its author is warned of what it replaces. A task that has
    all its layers gets none again.

    Args:
        tasks: Tasks of a complete DAG, mapped or not, that have an ``executor_config``.
        locate: Finds the file and line where a task is made, for errors and warnings.

    Returns:
        What is wrong with what the layers of a task request together: one error for each such task.
    """
    errors: list[K8sExecError] = []
    for task in tasks:
        try:
            _add_layers(task, partial(locate, task))
        except (SpecError, DeploymentError) as error:
            errors.append(error)
    return errors


def _add_layers(task: Any, locate: Callable[[], tuple[str, int]]) -> None:
    config = task.executor_config
    is_made = isinstance(config, ExecutorConfig)
    if is_made and config.is_whole:
        return
    layers = _find_outer(task)
    if is_made and config.is_as_declared:
        if layers:
            _replace(task, layers, locate)
    elif load_context().may_have_pod(task):
        _warn_of_replaced(task, layers, locate)


def add_param_defaults(tasks: Iterable[Any]) -> None:
    """Give the options of tasks the defaults of the params that they name, on first access, in a worker.

    A worker of Airflow 2 writes the ``executor_config`` back to the database, and a retry starts from that.
    """
    for task in tasks:
        config = task.executor_config
        if isinstance(config, ExecutorConfig):
            completed = ExecutorConfig(partial(_add_param_defaults, task, config))
            completed.is_whole, completed.follows = config.is_whole, config.follows
            _compat.replace_executor_config(task, completed)


def _add_param_defaults(task: Any, config: ExecutorConfig) -> TaskRequest:
    from airflow_provider_k8sexec.authoring.run_time_sources import complete_request  # on first access alone

    return complete_request(task, config.request) if config.is_as_declared else config.request


def read_all_layers(task: Any) -> ExecutorConfig | None:
    """Read what a task requests together with the ``default_args`` around it, as it is about to run.

    ``dag.test()`` runs a DAG to which no policy has added them.

    Returns:
        What it requests; ``None`` where this package has not made its ``executor_config``.
    """
    config = task.executor_config
    if not isinstance(config, ExecutorConfig):
        return None
    return config if config.is_whole else keep_unread(_lay_over(_find_outer(task), config))


def _find_outer(task: Any) -> list[Layer]:
    """Find the ``default_args`` around a task that have an ``executor_config``, the outermost first."""
    given = find_defaults({"dag": task.dag, "task_group": task.task_group})
    layers = [Layer({}, defaults.get(EXECUTOR_CONFIG), name) for name, defaults in given]
    return [layer for layer in layers if layer.has_config]


def _replace(task: Any, layers: list[Layer], locate: Callable[[], tuple[str, int]]) -> None:
    layers = _lay_over(layers, task.executor_config)
    if load_context().is_worker:
        config = keep_unread(layers)
    else:
        config = attach_layers(layers, [], name_task(task.task_id, task.dag_id), locate)
    _compat.replace_executor_config(task, config.as_whole())


def _lay_over(layers: list[Layer], config: ExecutorConfig) -> list[Layer]:
    # What has no config of its own has that of the innermost default_args, the very object.
    if layers and layers[-1].executor_config is config:
        return layers
    return [*layers, Layer({}, config)]


def _warn_of_replaced(task: Any, layers: Iterable[Layer], locate: Callable[[], tuple[str, int]]) -> None:
    config = task.executor_config
    replaced = [
        layer.name
        for layer in layers
        if isinstance(layer.executor_config, ExecutorConfig) and layer.executor_config is not config
    ]
    if not replaced:
        return
    from airflow_provider_k8sexec.context import load_context  # few DAGs come here
    from airflow_provider_k8sexec.options.problems import show_shape

    reason = f"is not as k8s_config makes it, so it replaces that of {' and '.join(replaced)}"
    problem = Problem(
        EXECUTOR_CONFIG,
        show_shape(config),
        reason,
        "write executor_config=k8s_config(pod_override=...)",
        code="K8S706",
    )
    load_context().warn(f"{name_task(task.task_id, task.dag_id)}: {problem}", problem.code, locate())
