"""Which executor runs a task, as far as this process can know.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.executor_names import WORKER_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

_KUBERNETES = "Kubernetes"
# Airflow 2's executors of two kinds, which choose by the task's queue.
_BY_QUEUE = {
    "LocalKubernetesExecutor": "local_kubernetes_executor",
    "CeleryKubernetesExecutor": "celery_kubernetes_executor",
}


@frozen
class ExecutorName:
    """One of the executors of ``[core] executor``.

    Attributes:
        name: Its name, or the path of its class: ``KubernetesExecutor``, ``acme.executors.OurExecutor``.
        alias: What tasks may call it instead; empty if there is no alias.
        team: The team that it is for (Airflow 3.2 and later); empty where it is for all.
    """

    name: str
    alias: str = ""
    team: str = ""

    @property
    def class_name(self) -> str:
        """The name of its class."""
        return self.name.rpartition(".")[2]

    def is_called(self, name: str) -> bool:
        """Tell whether a task that names its executor means this one."""
        return name in (self.name, self.alias, self.class_name)


def parse_executors(option: str) -> tuple[ExecutorName, ...]:
    """Read ``[core] executor``: ``LocalExecutor,k8s:KubernetesExecutor;team-a=KubernetesExecutor``."""
    return tuple(_parse_teams(option))


def _parse_teams(option: str) -> Iterator[ExecutorName]:
    for of_team in option.split(";"):
        before, equals, after = of_team.strip().partition("=")
        team, names = (before, after) if equals else ("", before)
        for item in filter(None, (part.strip() for part in names.split(","))):
            alias, colon, name = item.partition(":")
            yield ExecutorName(name, alias, team) if colon else ExecutorName(item, team=team)


def has_kubernetes_executor() -> bool:
    """Tell whether this deployment has a KubernetesExecutor, be it one of several."""
    return any(_KUBERNETES in executor.class_name for executor in load_executors())


def may_have_pod(task: Any) -> bool:
    """Tell whether a KubernetesExecutor may run a task.

    It may where nobody can know: where nobody has set ``[core] executor``, as on a laptop or in CI, where
    executors depend on the team of the DAG, and in a worker pod, whose template sets an executor of its own.

    Args:
        task: A task of a DAG, mapped or not.
    """
    named = getattr(task, "executor", None)
    executors = [] if os.environ.get(WORKER_VARIABLE) == "True" else load_executors()
    if not executors:
        return named is None or _KUBERNETES in named or not named.endswith("Executor")
    if named is None:
        first_of_team = {executor.team: executor for executor in reversed(executors)}
        candidates = list(first_of_team.values())
    else:
        meant = [executor for executor in executors if executor.is_called(named)]
        candidates = meant or [ExecutorName(named)]
    return any(_is_for(executor, task) for executor in candidates)


def _is_for(executor: ExecutorName, task: Any) -> bool:
    section = _BY_QUEUE.get(executor.class_name)
    if section is None:
        return _KUBERNETES in executor.class_name
    queue = compat.load_option(section, "kubernetes_queue") or "kubernetes"
    return bool(getattr(task, "queue", None) == queue)


def load_executors() -> tuple[ExecutorName, ...]:
    """Give the executors that somebody has set; none where the option is Airflow's built-in default."""
    if not compat.is_option_set("core", "executor"):
        return ()
    return parse_executors(compat.load_option("core", "executor") or "")
