"""An option of the section that holds JSON, or the path of a YAML file, with the line of each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.problems import describe_unreadable, show
from airflow_provider_k8sexec.site.files import read_file
from airflow_provider_k8sexec.site.located_yaml import parse_yaml
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from airflow_provider_k8sexec.site.located_yaml import Document


def read_document(option: str, value: str) -> tuple[Document | None, list[Problem]]:
    """Read what an option holds, or names.

    Args:
        option: Its name.
        value: JSON, or the path of a YAML file; not empty.

    Returns:
        The document, ``None`` where it cannot be read; and all problems, each with its file and line.
    """
    source, content = name_option(option), value.encode(errors="surrogatepass")
    if not value.startswith("{"):
        try:
            source, content = value, read_file(value)
        except (OSError, ValueError) as error:
            reason = describe_unreadable(error)
            return None, [Problem(source, show(value), reason, "write a path, or JSON", code="K8S901")]
    document, problems = parse_yaml(source, content)
    return (document if document.is_read else None), problems
