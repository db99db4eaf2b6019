"""Environment variables: literals, sources, and whole config maps or secrets.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_k8sexec.exceptions import Problem, SpecError, show
from airflow_provider_k8sexec.spec.manifests import Manifest, to_manifest
from airflow_provider_k8sexec.spec.shapes import as_text, by_name, parse_list

_REFERENCES = {"configmap": "configMapRef", "secret": "secretRef"}


def parse_env_vars(field: str, value: object) -> dict[str, str | Manifest]:
    """Read ``{name: literal or source}``, or a list of Kubernetes variables.

    Raises:
        SpecError: The value is neither, or a variable is neither a text nor a source.
    """
    if isinstance(value, (list, tuple)):
        listed = by_name(field, parse_list(field, value, "variables", "{'name': ...}", _parse_variable))
        return {name: item.get("valueFrom") or item.get("value") or "" for name, item in listed.items()}
    if not isinstance(value, Mapping):
        raise SpecError.of(field, value, "is not a mapping", f"write {field}={{'NAME': 'value'}}")
    variables = {name: to_manifest(item) for name, item in value.items()}
    problems = [
        Problem(f"{field}[{name!r}]", show(item), "is not a text", f"write {str(name)!r}: {as_text(item)!r}")
        for name, item in variables.items()
        if not isinstance(name, str) or not isinstance(item, (str, dict))
    ]
    if problems:
        raise SpecError(problems)
    return variables


def _parse_variable(field: str, item: object) -> Manifest:
    manifest = to_manifest(item)
    if isinstance(manifest, dict) and isinstance(manifest.get("name"), str):
        return manifest
    raise SpecError.of(field, item, "is not a variable", "write env_vars={'NAME': 'value'}")


def parse_env_from(field: str, value: object) -> list[Manifest]:
    """Read whole sources of environment: ``"configmap/app"``, ``"secret/db"``, or manifests.

    Raises:
        SpecError: The value is not a list, or an item is neither.
    """
    return parse_list(field, value, "sources", "'configmap/app'", _parse_source)


def _parse_source(field: str, item: Any) -> Manifest:
    source = to_manifest(item)
    if isinstance(source, dict):
        return source
    kind, _, name = str(item).partition("/")
    if kind in _REFERENCES and name:
        return {_REFERENCES[kind]: {"name": name}}
    raise SpecError.of(field, item, "is no source of variables", "write 'configmap/NAME' or 'secret/NAME'")
