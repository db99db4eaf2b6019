"""Jinja templates in strings: their values are known only once Airflow has rendered them.

Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/operators.html#jinja-templating
"""

from __future__ import annotations

import re

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def is_template(value: object) -> bool:
    """Report whether a value is a string with a Jinja template in it."""
    return isinstance(value, str) and _TEMPLATE.search(value) is not None
