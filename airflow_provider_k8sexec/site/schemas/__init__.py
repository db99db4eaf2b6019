"""JSON Schemas of the files that a site writes: editors complete, describe and check those with them.

``make reference`` makes them, from the pod options, the policy rules and the table of Kubernetes' fields.
"""

from __future__ import annotations

from airflow_provider_k8sexec import REPOSITORY_URL, __version__

SCHEMAS = ("profiles", "policy-rules", "prices")
"""The kinds of files that have one."""


def schema_url(kind: str) -> str:
    """Give the address of a schema, as it is in this version.

    Args:
        kind: One of ``SCHEMAS``.
    """
    return f"{REPOSITORY_URL}/raw/v{__version__}/airflow_provider_k8sexec/site/schemas/{kind}.json"


def modeline(kind: str) -> str:
    """Write the line of a YAML file by which editors find its schema.

    Source: https://github.com/redhat-developer/yaml-language-server#using-inlined-schema
    """
    return f"# yaml-language-server: $schema={schema_url(kind)}"


def read_schema(kind: str) -> str:
    """Read a schema."""
    import importlib.resources  # the command line starts without it

    return (importlib.resources.files(__name__) / f"{kind}.json").read_text(encoding="utf-8")
