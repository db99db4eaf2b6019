"""The pods of the tasks that a command looks at, and what it reports of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from attrs import frozen

from airflow_provider_k8sexec.cli.lint.import_errors import report_import_error, whole_tracebacks
from airflow_provider_k8sexec.cli.output import count, finish, print_problems, stop_on_mistakes
from airflow_provider_k8sexec.cli.selection import load_selection
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError, name_task
from airflow_provider_k8sexec.options.requested_pod import WORKER
from airflow_provider_k8sexec.render.started_pod import kinds_of_pods

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from airflow_provider_k8sexec.cli.selection import Selection

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


@frozen
class PodReports(Generic[T]):
    """What a command reports of the pods of all tasks that it looks at.

    Attributes:
        pods: What it reports of each.
        problems: What went wrong, for people.
        looked_at: How much it has looked at.
    """

    pods: list[OfPod[T]]
    problems: list[str]
    looked_at: str

    def finish(self, others: int = 0) -> None:
        """Print the problems and the summary, and end the command.

        Args:
            others: How many problems have been printed already.

        Raises:
            SystemExit: With status 1, if there is a problem.
        """
        print_problems(self.problems)
        finish(self.looked_at, others + sum(map(_count_problems, self.problems)))


def map_pods(arguments: argparse.Namespace, report: Callable[[Any, str], T]) -> PodReports[T]:
    """Report something of each pod of the tasks that the arguments name.

    Args:
        arguments: Those of a command that selects tasks.
        report: Gives it for one task, and one kind of pod.
    """
    stop_on_mistakes(load_context())
    with whole_tracebacks():
        selection = load_selection(arguments.dag_files, arguments.dag, arguments.task)
    problems = [*selection.errors, *selection.emptiness, *_describe_import_errors(selection)]
    reports: list[OfPod[T]] = []
    refused: dict[str, list[str]] = {}
    for task in selection.tasks:
        for kind in kinds_of_pods(task):
            try:
                reports.append(OfPod(f"{task.dag_id}.{task.task_id}", kind, report(task, kind)))
            except K8sExecError as error:
                name = name_task(task.task_id, task.dag_id)
                refused.setdefault(str(error).removeprefix(f"{name}: "), []).append(name)
    problems += [f"{_name_first(names)}: {reason}" for reason, names in refused.items()]
    return PodReports(reports, problems, selection.looked_at)


def _name_first(names: Sequence[str]) -> str:
    """Name the tasks that have one problem in common, such as a template that cannot be read."""
    return f"{names[0]} and {count(len(names) - 1, 'other task')}" if len(names) > 1 else names[0]


def _count_problems(text: str) -> int:
    """Count the problems that an error lists, or the error itself."""
    return text.count("\n  - ") or 1


def _describe_import_errors(selection: Selection) -> Iterator[str]:
    """Describe the errors that ended DAG files, each by its own words and at the author's line."""
    for file, error in sorted(selection.import_errors.items()):
        found = report_import_error(file, error)
        location = f"{found.file}:{found.line}" if found.line else found.file
        # An error of pod options names the line by itself.
        yield found.problem if f"{file}, line" in found.problem else f"{location}: {found.problem}"
