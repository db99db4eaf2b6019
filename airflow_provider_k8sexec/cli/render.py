"""``k8sexec render``: the pods that the KubernetesExecutor would launch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.cli.output import print_table, result_stdout, stop_on
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD, WORKER
from airflow_provider_k8sexec.render.executor_pod import Run, load_task_template, render_pod
from airflow_provider_k8sexec.render.explanation import show_rendered_pod
from airflow_provider_k8sexec.render.started_pod import StartedMerge, kinds_of_pods, show_started_pod
from airflow_provider_k8sexec.render.summary import summarize, summarize_container
from airflow_provider_k8sexec.render.yaml_text import to_documents

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest

T = TypeVar("T")


def render(arguments: argparse.Namespace) -> None:
    """Print the pods of the tasks that the arguments name.

    Raises:
        SystemExit: A file cannot be loaded, a pod cannot be built, or there is no such task; with status 1.
    """

    def show_task(task: Any, kind: str) -> Rendered:
        if kind == STARTED_POD:
            return _show_started(StartedMerge.load(task, arguments.try_number), arguments)
        config, run = task.executor_config, Run.of_task(task)
        pod = render_pod(task.dag_id, task.task_id, config, arguments.try_number, run)
        shown = show_rendered_pod(
            pod, config, *([load_task_template(config, run)] if arguments.show_template_values else [])
        )
        return Rendered(shown, summarize(shown))

    pods, problems = map_pods(arguments, show_task)
    if pods:
        with result_stdout():
            _PRINTERS[arguments.output](pods)
    stop_on(problems)


class Rendered(NamedTuple):
    """What is shown of a pod, and the row of a table that it is summarized in."""

    pod: Manifest
    summary: dict[str, str]


def _show_started(merge: StartedMerge, arguments: argparse.Namespace) -> Rendered:
    template = [merge.read_template()] if arguments.show_template_values else []
    shown = show_started_pod(merge.render(), [*merge.written(), *template])
    container = merge.find_container(shown)
    return Rendered(shown, summarize_container(shown, container, merge.per_try_values, merge.try_number))


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
    reports: list[OfPod[T]] = []
    problems: list[str] = []
    for path in arguments.dag_files:
        dags, errors = _load_dags(path)
        problems += errors
        for task in _select(dags, arguments.dag, arguments.task):
            for kind in kinds_of_pods(task):
                try:
                    reports.append(OfPod(f"{task.dag_id}.{task.task_id}", kind, report(task, kind)))
                except K8sExecError as error:
                    problems.append(str(error))
    if not reports and not problems:
        choice = {"--dag": arguments.dag, "--task": arguments.task}
        requested = " ".join(f"{name} {value}" for name, value in choice.items() if value)
        problems.append(f"No task matches {requested}." if requested else "There is no task.")
    return reports, problems


def _load_dags(path: str) -> tuple[list[Any], list[str]]:
    if not Path(path).exists():
        return [], [f"There is no file {path!r}."]
    bag = compat.load_dag_bag(path)
    errors = [f"{file}:\n{error}" for file, error in bag.import_errors.items()]
    if not bag.dags and not errors:
        errors.append(f"{path} defines no DAG.")
    return [dag for _, dag in sorted(bag.dags.items())], errors


def _select(dags: list[Any], dag_id: str | None, task_id: str | None) -> Iterator[Any]:
    for dag in dags:
        for task in dag.tasks:
            if dag_id in (None, dag.dag_id) and task_id in (None, task.task_id):
                yield task


def _print_yaml(pods: list[OfPod[Rendered]]) -> None:
    for pod in pods:
        print(f"---\n# {pod.task}: {pod.kind}")
        print(to_documents([pod.report.pod]), end="")


def _print_json(pods: list[OfPod[Rendered]]) -> None:
    # Beside the fields of a pod, which no program would take for one of them.
    print(json.dumps([{"task": pod.task, "pod": pod.kind, **pod.report.pod} for pod in pods], indent=2))


def _print_table(pods: list[OfPod[Rendered]]) -> None:
    print_table([{"task": pod.name, **pod.report.summary} for pod in pods])


_PRINTERS = {"yaml": _print_yaml, "json": _print_json, "table": _print_table}
