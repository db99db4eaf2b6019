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

_RESULT = re.compile(r"<(?:\w*XComArg|DagParam)>")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def is_template(value: object) -> bool:
    """Report whether a value is a string with a Jinja template in it."""
    return isinstance(value, str) and _TEMPLATE.search(value) is not None


def is_result(shown: str) -> bool:
    """Report whether a value, as errors show it, is the result of another task, or a parameter of the DAG."""
    return _RESULT.fullmatch(shown) is not None
