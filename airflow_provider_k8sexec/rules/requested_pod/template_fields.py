"""Jinja templates, and results of other tasks, where Airflow has no template field to render them.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/operators.html#jinja-templating
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.executor_names import POD_OPERATOR
from airflow_provider_k8sexec.options.jinja import (
    TEMPLATED,
    TO_THE_TASK,
    is_result,
    is_template,
    write_source,
)
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.options.run_time_forms import is_whole_value

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem

_OPTION = re.compile(r"\w+")


def explain_template(problem: Problem, kind: str) -> Problem:
    """Explain a value that cannot be right, because it is known only as a task runs, and nothing renders it.

    Args:
        problem: What is wrong with a value.
        kind: Which of the task's pods it is in.
    """
    if is_template(problem.value):
        what = "is a Jinja template"
    elif is_result(problem.value) and problem.code != "K8S116":  # which explains it already
        what = "is known only as a task runs"
    else:
        return problem
    if kind == STARTED_POD:
        reason, remedy = f"{what}, and not in a template field of {POD_OPERATOR}", "write the value itself"
    else:
        reason = f"{what}, and no option of a worker's pod is a template field"
        remedy = write_instead(problem.field, problem.value)
    return problem._replace(reason=reason, remedy=remedy, code="K8S406")


def write_instead(field: str, shown: str) -> str:
    """Write what to do instead of a template in a field of the worker's pod.

    Args:
        field: The field, as errors name it.
        shown: The template, as errors show it.
    """
    option = _OPTION.match(field.rpartition(": ")[2])
    source = write_source(shown) if is_whole_value(field) else None
    if source is not None:
        return f"write {source}, which the scheduler reads as it launches the pod, or the value itself"
    itself = "write the value itself, which the DAG file may compute"
    if "env_vars[" in field or "['env']" in field:
        return TO_THE_TASK
    if option is None or option[0] not in TEMPLATED:
        return itself
    return f"{itself}, or use K8sPodOperator, which renders {option[0]} for the pod that it starts"
