"""Jinja templates in strings: their values are known only once Airflow has rendered them.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/operators.html#jinja-templating
"""

from __future__ import annotations

import re

from airflow_provider_k8sexec.options.resource_names import AMOUNT_OPTIONS

TEXTS = frozenset({"image", "namespace", "queue_name"})
AMOUNTS = frozenset({*AMOUNT_OPTIONS, "shared_memory", "pod_resources"})
TEMPLATED = frozenset(
    {*TEXTS, *AMOUNTS, "labels", "annotations", "env_vars", "env_from", "node_selector", "volumes"}
)
"""The options whose strings are rendered for the pods that operators start; of workers, none is."""

TO_THE_TASK = "pass it to the task itself, as an argument that is templated"
"""What to do with a value that is known later in an environment variable of a worker, as an imperative."""

_RESULT = re.compile(r"<(?:\w*XComArg|DagParam)>")
_PARAM = re.compile(
    r"['\"]?\{\{\s*(?:params|dag_run\.conf)(?:\.(?P<name>\w+)|\[['\"](?P<key>[\w.-]+)['\"]\])\s*\}\}['\"]?"
)
_XCOM = re.compile(
    r"['\"]?\{\{\s*(?:ti|task_instance)\.xcom_pull\((?:task_ids\s*=\s*)?['\"](?P<task>[\w.-]+)['\"]"
    r"(?:,\s*key\s*=\s*['\"](?P<key>[\w.-]+)['\"])?\)\s*\}\}['\"]?"
)
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def is_template(value: object) -> bool:
    """Report whether a value is a string with a Jinja template in it."""
    return isinstance(value, str) and _TEMPLATE.search(value) is not None


def write_source(shown: str) -> str | None:
    """Write what reads the value of a template as a worker's pod is launched: ``from_param('memory')``.

    Args:
        shown: The template, as errors show it.

    Returns:
        ``None`` where the template has more than a param, or an XCom.
    """
    if match := _PARAM.fullmatch(shown):
        name = match["name"] or match["key"]
        return f"from_param({name!r})"
    if match := _XCOM.fullmatch(shown):
        key = f", key={match['key']!r}" if match["key"] else ""
        return f"from_xcom({match['task']!r}{key})"
    return None


def is_result(shown: str) -> bool:
    """Report whether a value, as errors show it, is the result of another task, or a parameter of the DAG."""
    return _RESULT.fullmatch(shown) is not None
