"""``k8sexec explain``: who set each field of a task's pod, and what that overrode."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.authoring.attach import EXECUTOR_CONFIG, find_defaults
from airflow_provider_k8sexec.cli.output import print_table, stop_on
from airflow_provider_k8sexec.cli.render import map_tasks
from airflow_provider_k8sexec.pod.executor_config import TASK
from airflow_provider_k8sexec.pod.provenance import Field, trace_fields
from airflow_provider_k8sexec.render.executor_pod import render_layers, show_rendered_pod

if TYPE_CHECKING:
    import argparse


def explain(arguments: argparse.Namespace) -> None:
    """Print who set each field of the task's pod.

    Raises:
        SystemExit: A file cannot be loaded, a pod cannot be built, or there is no such task; with status 1.
    """
    explained, problems = map_tasks(arguments, _explain_task)
    _PRINTERS[arguments.output](explained)
    stop_on(problems)


def _explain_task(task: Any) -> list[Field]:
    pods = render_layers(task.dag_id, task.task_id, task.executor_config, _place_of_own(task))
    return trace_fields(pods, lambda pod: show_rendered_pod(pod, task.executor_config))


def _place_of_own(task: Any) -> str:
    """Tell who gave a task its ``executor_config``: Airflow hands that of ``default_args`` on as a whole."""
    place = TASK
    for where, defaults in find_defaults({"dag": task.dag, "task_group": task.task_group}):
        if task.executor_config and defaults.get(EXECUTOR_CONFIG) == task.executor_config:
            place = where
    return place


def _print_table(explained: list[tuple[str, list[Field]]]) -> None:
    for task, fields in explained:
        print(task)
        print_table(
            [
                {
                    "field": field.path,
                    "value": "(taken away)" if field.value is None else _show(field.value),
                    "set by": field.place,
                    "overrode": "\n".join(f"{_show(value)} of {place}" for place, value in field.overrode),
                }
                for field in fields
            ]
        )


def _show(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _print_json(explained: list[tuple[str, list[Field]]]) -> None:
    report = [{"task": task, "fields": [_to_json(field) for field in fields]} for task, fields in explained]
    print(json.dumps(report, indent=2))


def _to_json(field: Field) -> dict[str, Any]:
    overrode = [{"place": place, "value": value} for place, value in field.overrode]
    return {"field": field.path, "value": field.value, "set_by": field.place, "overrode": overrode}


_PRINTERS = {"table": _print_table, "json": _print_json}
