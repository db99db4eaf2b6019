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
from airflow_provider_k8sexec.executor_names import EXECUTOR_VARIABLE, KUBERNETES_EXECUTOR
from airflow_provider_k8sexec.site.option_table import name_option, parse_switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.site.deployment import Deployment

_KUBERNETES = "Kubernetes"
ADD_EXECUTOR = f"add {KUBERNETES_EXECUTOR} to [core] executor"
"""The remedy where a deployment has no executor with pods."""

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

    @property
    def short_name(self) -> str:
        """What a task writes to name it: its alias, or the name of its class."""
        return self.alias or self.class_name

    def is_called(self, name: str) -> bool:
        """Report whether a task that names its executor means this one."""
        is_path_of_core = "." not in self.name and name.rpartition(".")[2] == self.name
        return is_path_of_core or name in (self.name, self.alias, self.class_name)


@cache
def _is_subclass(path: str) -> bool:
    """Report whether a path leads to a subclass of the KubernetesExecutor whose name does not show it.

    The class is imported as Airflow does, because a path is all that ``[core] executor`` has; the base is
    recognised by its name, so that nothing else is. A path that cannot be imported is Airflow's to report.
    """
    module, _, name = path.rpartition(".")
    with suppress(Exception):
        bases = getattr(import_module(module), name).__mro__
        return any(base.__name__ == KUBERNETES_EXECUTOR for base in bases)
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

    usable = [executor for executor in executors if can_be_routed_to(executor)]
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
    remedy = f"write {names}" if names else f"{ADD_EXECUTOR}, or remove the option"
    return Problem(name_option("executor"), show(name), reason, remedy, code="K8S704")


def can_be_routed_to(executor: ExecutorName) -> bool:
    """Report whether tasks of every team that name an executor get a pod there."""
    return executor.is_kubernetes and not executor.team and executor.class_name not in _BY_QUEUE


@frozen
class TaskExecutor:
    """An executor that runs a task, or may.

    Attributes:
        executor: The executor.
        has_pod: Whether it runs the task in a pod of the task's own.
        reason: What makes it this one, in a few words.
        is_default: Whether it is Airflow's choice, because the task names none.
        remedy: What gives the task a pod where only its queue stands in the way; empty elsewhere.
    """

    executor: ExecutorName
    has_pod: bool
    reason: str
    is_default: bool = False
    remedy: str = ""


def resolve_executors(
    executors: Sequence[ExecutorName], named: str | None, queue: str | None, team: str | None
) -> list[TaskExecutor]:
    """Resolve which executor runs a task, as Airflow's scheduler does.

    Source: ``SchedulerJobRunner._try_to_load_executor`` of Airflow 3.2 and later; before, there are no teams.

    Args:
        executors: The executors of the deployment.
        named: The executor that the task names: by name, alias, or the path of its class.
        queue: The queue of the task.
        team: The team of its DAG, empty where the DAG has none; ``None`` where that is not known here.

    Returns:
        One, or one for each team where the team is not known; none for a name that the deployment lacks,
        which Airflow refuses.
    """
    teams = {"", *(executor.team for executor in executors)} if team is None else {team}
    chosen = [_choose(executors, named, name) for name in sorted(teams)]
    return [_describe(executor, executors, named, queue) for executor in dict.fromkeys(chosen) if executor]


def is_for_team(executor: ExecutorName, team: str | None) -> bool:
    """Report whether DAGs of a team may use an executor; of a team that is not known, whether they might."""
    return team is None or executor.team in ("", team)


def _choose(executors: Sequence[ExecutorName], named: str | None, team: str) -> ExecutorName | None:
    """Choose the executor for a DAG of a team: its own or one for all, and by default its own."""
    if named is not None:
        matches = (item for item in executors if is_for_team(item, team) and item.is_called(named))
    else:
        matches = (item for name in (team, "") for item in executors if item.team == name)
    return next(matches, None)


def _describe(
    executor: ExecutorName, executors: Sequence[ExecutorName], named: str | None, queue: str | None
) -> TaskExecutor:
    section = _BY_QUEUE.get(executor.class_name)
    if section is not None:
        wanted = compat.load_option(section, "kubernetes_queue") or "kubernetes"
        reason = f"its queue is {queue!r}, and [{section}] kubernetes_queue is {wanted!r}"
        return TaskExecutor(executor, queue == wanted, reason, remedy=f"write queue={wanted!r}")
    if named is not None:
        reason = f"by executor={named!r}"
    else:
        others = [other for other in executors if other.team == executor.team and other is not executor]
        reason = f"{'the first of' if others else 'by'} [core] executor"
        reason += f" for team {executor.team!r}" if executor.team else ""
    return TaskExecutor(executor, executor.is_kubernetes, reason, is_default=named is None)


def may_have_pod(
    executors: Sequence[ExecutorName], named: str | None, queue: str | None, team: str | None
) -> bool:
    """Report whether a KubernetesExecutor may run a task.

    It may where this process cannot know: where nothing sets ``[core] executor``, as on a laptop or in CI,
    and where executors depend on the team of the DAG, and that is not known. The arguments are those of
    :func:`resolve_executors`.
    """
    if not executors:
        return named is None or _KUBERNETES in named or not named.endswith("Executor")
    found = resolve_executors(executors, named, queue, team)
    if not found:  # Airflow refuses the name
        return ExecutorName(named or "").is_kubernetes
    return any(candidate.has_pod for candidate in found)


def load_executors(deployment: Deployment) -> tuple[ExecutorName, ...]:
    """Read ``[core] executor``, as far as Airflow heeds it; none where it shows nothing of the deployment.

    Where the environment shows no deployment, Airflow's built-in default shows nothing. Neither does what the
    Astro CLI sets on every laptop, ``LocalExecutor``: the DAGs are for a deployment with another.

    Args:
        deployment: What is known of the deployment.
    """
    if not deployment.is_recognised and not compat.is_option_set("core", "executor"):
        return ()
    found = parse_executors(compat.load_option("core", "executor") or "")
    if not parse_switch(compat.load_option("core", "multi_team") or ""):
        found = tuple(executor for executor in found if not executor.team)  # Airflow ignores those of teams
    is_elsewhere = deployment.is_local and not any(executor.is_kubernetes for executor in found)
    return () if is_elsewhere else found


def find_team(dag: Any, executors: Sequence[ExecutorName]) -> str | None:
    """Find the team of a DAG by the bundle that has its file, as Airflow's dag-processor does.

    Returns:
        The team; empty where the DAG has none, and ``None`` where no configured bundle has the file.
    """
    if not any(executor.team for executor in executors):
        return ""
    return compat.find_bundle_team(getattr(dag, "fileloc", None) or "")
