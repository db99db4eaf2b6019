"""The pods of the tasks that a command looks at, and what it reports of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from airflow_provider_k8sexec.cli.selection import load_selection
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.requested_pod import WORKER
from airflow_provider_k8sexec.render.started_pod import kinds_of_pods

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

T = TypeVar("T")


@frozen
class OfPod(Generic[T]):
    """What a command reports of one pod of a task.

    Attributes:
        task: The names of its DAG and task.
        kind: Which of the task's pods it is.
        report: What is reported of it.
    """

    task: str
    kind: str
    report: T

    @property
    def name(self) -> str:
        """The task, with the kind of the pod where most tasks do not have such a pod."""
        return self.task if self.kind == WORKER else f"{self.task} ({self.kind})"


def map_pods(
    arguments: argparse.Namespace, report: Callable[[Any, str], T]
) -> tuple[list[OfPod[T]], list[str]]:
    """Report something of each pod of the tasks that the arguments name.

    Args:
        arguments: Those of a command that selects tasks.
        report: Gives it for one task, and one kind of pod.

    Returns:
        The reports; and what went wrong, for people.
    """
    selection = load_selection(arguments.dag_files, arguments.dag, arguments.task)
    errors = selection.bag.import_errors if selection.bag else {}
    problems = [
        *selection.errors,
        *selection.emptiness,
        *(f"{file}:\n{error}" for file, error in errors.items()),
    ]
    reports: list[OfPod[T]] = []
    for task in selection.tasks:
        for kind in kinds_of_pods(task):
            try:
                reports.append(OfPod(f"{task.dag_id}.{task.task_id}", kind, report(task, kind)))
            except K8sExecError as error:
                problems.append(str(error))
    return reports, problems
