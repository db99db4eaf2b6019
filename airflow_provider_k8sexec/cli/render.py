"""``k8sexec render``: the pods that the KubernetesExecutor would launch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.cli.output import kept_stdout, print_table, stop_on
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.render.executor_pod import Run, load_task_template, render_pod
from airflow_provider_k8sexec.render.explanation import show_rendered_pod
from airflow_provider_k8sexec.render.summary import summarize
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

    def show_task(task: Any) -> Manifest:
        config = task.executor_config
        pod = render_pod(task.dag_id, task.task_id, config, arguments.try_number, Run.of_task(task))
        return show_rendered_pod(
            pod, config, *([load_task_template(config)] if arguments.show_template_values else [])
        )

    pods, problems = map_tasks(arguments, show_task)
    if pods:
        _PRINTERS[arguments.output](pods)
    stop_on(problems)


def map_tasks(
    arguments: argparse.Namespace, report: Callable[[Any], T]
) -> tuple[list[tuple[str, T]], list[str]]:
    """Report something of each of the tasks that the arguments name.

    Args:
        arguments: Those of a command that selects tasks.
        report: Gives it for one task.

    Returns:
        The reports, each with the names of its DAG and task; and what went wrong, for people.
    """
    reports: list[tuple[str, T]] = []
    problems: list[str] = []
    with kept_stdout():
        for path in arguments.dag_files:
            dags, errors = _load_dags(path)
            problems += errors
            for task in _select(dags, arguments.dag, arguments.task):
                try:
                    reports.append((f"{task.dag_id}.{task.task_id}", report(task)))
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
    bag = _compat.load_dag_bag(path)
    errors = [f"{file}:\n{error}" for file, error in bag.import_errors.items()]
    if not bag.dags and not errors:
        errors.append(f"{path} defines no DAG.")
    return [dag for _, dag in sorted(bag.dags.items())], errors


def _select(dags: list[Any], dag_id: str | None, task_id: str | None) -> Iterator[Any]:
    for dag in dags:
        for task in dag.tasks:
            if dag_id in (None, dag.dag_id) and task_id in (None, task.task_id):
                yield task


def _print_yaml(pods: list[tuple[str, Manifest]]) -> None:
    print(to_documents([pod for _, pod in pods], explicit_start=True), end="")


def _print_json(pods: list[tuple[str, Manifest]]) -> None:
    print(json.dumps([pod for _, pod in pods], indent=2))


def _print_table(pods: list[tuple[str, Manifest]]) -> None:
    print_table([{"task": name, **summarize(pod)} for name, pod in pods])


_PRINTERS = {"yaml": _print_yaml, "json": _print_json, "table": _print_table}
