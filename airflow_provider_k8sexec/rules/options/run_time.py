"""Rules about values that are known later: their defaults, and where none can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.declaration import parse_defaults
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.options.run_time import RETURN_VALUE, FromParam, RunTimeValue
from airflow_provider_k8sexec.options.run_time_places import name_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.pod.task_request import TaskRequest


def check_sources(request: TaskRequest) -> Iterator[Problem]:
    """Each default can be read as its option, and a pod that a task starts has templates instead."""
    run_time = request.declaration.run_time
    if request.kind != STARTED_POD:
        yield from parse_defaults(run_time)[1]
        return
    for place, value in run_time.items():
        reason = "is read as the KubernetesExecutor launches a pod, and this one is started by a task"
        remedy = f"write the template {_write_template(value)!r}"
        yield Problem(name_place(place), repr(value), reason, remedy, code="K8S116")


def _write_template(value: RunTimeValue) -> str:
    if isinstance(value, FromParam):
        return f"{{{{ params.{value.name} }}}}"
    key = "" if value.key == RETURN_VALUE else f', "{value.key}"'
    return f'{{{{ ti.xcom_pull("{value.task_id}"{key}) }}}}'


def is_about_default(problem: Problem, request: TaskRequest) -> bool:
    """Report whether what is wrong with the assumed pod of a task is about a value that is known later."""
    options = {option for option, *_ in request.declaration.run_time}
    if "memory" in options:  # against which shared memory counts
        options.add("shared_memory")
    return problem.field.partition("[")[0] in options
