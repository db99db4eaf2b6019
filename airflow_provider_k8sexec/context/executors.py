"""Which executor runs a task, as far as this process can know.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/executor/index.html
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import EXECUTOR_VARIABLE
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_KUBERNETES = "Kubernetes"
_EXECUTOR = "KubernetesExecutor"
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

    @property
    def is_kubernetes(self) -> bool:
        """Whether it is a KubernetesExecutor, a subclass, or one of Airflow 2's executors that have one."""
        return _KUBERNETES in self.class_name or _is_subclass(self.name)

    def is_called(self, name: str) -> bool:
        """Report whether a task that names its executor means this one."""
        return name in (self.name, self.alias, self.class_name)


@cache
def _is_subclass(path: str) -> bool:
    """Report whether a path leads to a subclass of the KubernetesExecutor whose name does not show it.

    The class is imported as Airflow does, because a path is all that ``[core] executor`` has; the base is
    recognised by its name, so that nothing else is. A path that cannot be imported is Airflow's to report.
    """
    module, _, name = path.rpartition(".")
    with suppress(Exception):
        return any(base.__name__ == _EXECUTOR for base in getattr(import_module(module), name).__mro__)
    return False


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


def find_lacking(present: str, own: Sequence[ExecutorName], named: Iterable[str]) -> list[str]:
    """Find the executors that tasks name, and that their workers do not know.

    Airflow refuses a DAG of which a task names an executor that ``[core] executor`` lacks. Workers load the
    DAG as well, and the pod templates of charts set ``LocalExecutor`` there
    (https://github.com/apache/airflow/issues/48667).

    Args:
        present: The ``[core] executor`` of the workers.
        own: The executors of the deployment.
        named: The executors that tasks of one DAG name.
    """
    known = parse_executors(present)
    return [
        name
        for name in sorted({*named})
        if any(executor.is_called(name) for executor in own)
        and not any(executor.is_called(name) for executor in known)
    ]


def describe_completion(*, is_amended: bool) -> str:
    """Describe what to change where workers do not know an executor.

    Args:
        is_amended: Whether the pod mutation hook sets the variable.
    """
    option = compat.load_option("core", "executor")
    remedy = f"set {EXECUTOR_VARIABLE} to {option!r} in the pod template"
    return (
        f"{remedy}. Until then, the pod mutation hook sets it in each pod that needs it"
        if is_amended
        else remedy
    )


def complete_executors(
    present: str, own: Sequence[ExecutorName], load_named: Callable[[], Iterable[str]]
) -> str | None:
    """Give the ``[core] executor`` that a worker needs to load its DAG: the deployment's own.

    Args:
        present: The one that its pod has.
        own: The executors of the deployment.
        load_named: Gives the executors that tasks of its DAG name; asked only where the pod's may be too few.

    Returns:
        The option, or ``None`` where the worker needs no other.
    """
    names = [name for executor in own for name in (executor.name, executor.alias) if name]
    if find_lacking(present, own, names) and find_lacking(present, own, load_named()):
        return compat.load_option("core", "executor")
    return None


def check_route(name: str, executors: Sequence[ExecutorName]) -> Problem | None:
    """Check that tasks of every team can be routed to an executor, and get a pod there.

    Args:
        name: What ``[k8sexec] executor`` has.
        executors: The executors of the deployment.
    """
    from airflow_provider_k8sexec.options.problems import show  # no worker checks

    usable = [executor for executor in executors if _can_be_routed_to(executor)]
    if any(executor.is_called(name) for executor in usable):
        return None
    listed = ",".join(dict.fromkeys(executor.name for executor in executors))
    called = [executor for executor in executors if executor.is_called(name)]
    if any(executor.team for executor in called):
        reason = "is the executor of a team, which tasks of others do not have"
    elif called:
        reason = "launches no pod for a task that is routed to it"
    else:
        reason = f"is not one of [core] executor, which has {listed}"
    names = " or ".join(executor.alias or executor.name for executor in usable)
    remedy = f"write {names}" if names else f"add {_EXECUTOR} to [core] executor, or remove the option"
    return Problem(name_option("executor"), show(name), reason, remedy)


def _can_be_routed_to(executor: ExecutorName) -> bool:
    return executor.is_kubernetes and not executor.team and executor.class_name not in _BY_QUEUE


def may_have_pod(task: Any, executors: Sequence[ExecutorName]) -> bool:
    """Report whether a KubernetesExecutor may run a task.

    It may where this process cannot know: where nothing sets ``[core] executor``, as on a laptop or in CI,
    and where executors depend on the team of the DAG.

    Args:
        task: A task of a DAG, mapped or not.
        executors: The executors of the deployment; none where they are not known.
    """
    named = getattr(task, "executor", None)
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
        return executor.is_kubernetes
    queue = compat.load_option(section, "kubernetes_queue") or "kubernetes"
    return bool(getattr(task, "queue", None) == queue)


def load_executors() -> tuple[ExecutorName, ...]:
    """Read ``[core] executor``; no executor is known where the option is Airflow's built-in default."""
    if not compat.is_option_set("core", "executor"):
        return ()
    return parse_executors(compat.load_option("core", "executor") or "")
