"""Pod options in ``default_args`` that reach no task: Airflow ignores what no operator has for an argument.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/dags.html#default-arguments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.authoring.attach import parameters_of
from airflow_provider_k8sexec.authoring.misread import class_of, options_of, write_config
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import POD_OVERRIDE
from airflow_provider_k8sexec.options.declaration import describe_unknown
from airflow_provider_k8sexec.options.field_words import find_meant
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.options.resource_names import AMOUNT_OPTIONS
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_OWN_NAMES = frozenset({*AMOUNT_OPTIONS, "shared_memory", "pod_resources", POD_OVERRIDE})
"""The options whose names mean nothing to other operators: ``image`` may be for those of another DAG."""


def warn_of_unreached(dag: Any, locate: Callable[[Any], tuple[str, int]]) -> None:
    """Warn of pod options in ``default_args`` that no task gets. No process that runs a task warns.

    Args:
        dag: A complete DAG.
        locate: Finds the file and line where a DAG is made.
    """
    if _compat.runs_task() or not dag.tasks:
        return
    operators = {class_of(task) for task in dag.tasks}
    taken = frozenset[str]().union(*(parameters_of(item) | options_of(item) for item in operators))
    has_own = any(map(options_of, operators))
    for layer, defaults in _find_layers(dag):
        for problem in _check(defaults, taken, has_own=has_own):
            whose = f"DAG {dag.dag_id!r}: {layer}: "
            load_context().warn(str(problem.within(whose)), problem.code, locate(dag))


def _find_layers(dag: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the ``default_args`` of a DAG and of its task groups, each without what it inherits."""
    yield "default_args", dag.default_args
    for group in dag.task_group.get_task_group_dict().values():
        if group.parent_group is not None and group.default_args:
            outer = {**dag.default_args, **(group.parent_group.default_args or {})}
            own = group.default_args
            is_own = isinstance(own, ExecutorConfig)
            yield (
                f"default_args of the task group {group.group_id!r}",
                own if is_own else {key: value for key, value in own.items() if outer.get(key) is not value},
            )


def _check(defaults: Mapping[str, Any], taken: frozenset[str], *, has_own: bool) -> Iterator[Problem]:
    if isinstance(defaults, ExecutorConfig):
        reason = "is what k8s_config makes, whose keys no operator has for arguments"
        remedy = "write default_args={'executor_config': k8s_config(...)}"
        yield Problem("k8s_config(...)", "", reason, remedy, code="K8S708")
        return
    unknown = [
        name
        for name, value in defaults.items()
        if isinstance(name, str)
        and name not in taken
        and value is not None  # None is as if it were not there
    ]
    lost = sorted(_OWN_NAMES.intersection(unknown))
    if lost:
        reason = (
            f"{'is a pod option' if len(lost) == 1 else 'are pod options'}, and no task of the DAG takes "
        )
        reason += "it" if len(lost) == 1 else "them"
        remedy = f"{write_config(lost)}, or make the tasks with k8s_task or k8s_operator"
        yield Problem(", ".join(lost), "", reason, remedy, code="K8S708")
    for name in unknown:
        # DAGs share default_args: `env` and `docker_image` may be for operators of another one.
        if has_own and name not in POD_OPTIONS and _OWN_NAMES.intersection(find_meant(name)):
            yield describe_unknown(
                name, defaults[name], "is neither a pod option nor an argument of a task of the DAG"
            )
