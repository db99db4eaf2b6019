"""Environment variables: literals, sources, and whole config maps or secrets.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.manifests import Manifest, to_manifest
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show_shape
from airflow_provider_k8sexec.options.readers import by_name, check_strings, complete_strings, parse_list

_REFERENCES = {"configmap": "configMapRef", "secret": "secretRef"}


def parse_env_vars(field: str, value: object) -> dict[str, str | Manifest]:
    """Read ``{name: literal or source}``, or a list of Kubernetes variables.

    Raises:
        SpecError: The value is neither, or a variable is neither a string nor a source.
    """
    parts = PartReader()
    if isinstance(value, (list, tuple)):
        value = parts.read(_parse_variables, field, value) or {}
    if not isinstance(value, Mapping):
        remedy = f"write {field}={{'NAME': 'value'}}"
        raise SpecError([Problem(field, show_shape(value), "is not a mapping", remedy, code="K8S102")])
    variables = {name: to_manifest(item) for name, item in value.items()}
    parts.problems += check_strings(field, variables, dict)
    parts.require_none(complete_strings(variables, dict))
    return variables


def _parse_variables(field: str, value: object) -> dict[str, Any]:
    parts = PartReader()
    items = parts.read(
        parse_list, field, value, kind="variables", example="{'name': ...}", parse_item=_parse_variable
    )
    listed = [item for item in items or () if item is not None]
    named = parts.read(by_name, field, listed) or {}
    variables = {name: item.get("valueFrom", item.get("value", "")) for name, item in named.items()}
    parts.require_none(variables)
    return variables


def _parse_variable(field: str, item: object) -> Manifest:
    variable = to_manifest(item)
    if isinstance(variable, dict) and isinstance(variable.get("name"), str):
        sources = variable.keys() - {"name"}
        if sources <= {"value", "valueFrom"} and not (variable.get("value") and "valueFrom" in variable):
            return variable
    reason = "is not a variable with a name and a value"
    raise SpecError(
        [Problem(field, show_shape(item), reason, "write env_vars={'NAME': 'value'}", code="K8S102")]
    )


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
    kind, _, name = item.partition("/") if isinstance(item, str) else ("", "", "")
    if kind in _REFERENCES and name:
        return {_REFERENCES[kind]: {"name": name}}
    raise refusal(field, item, "is not a source of variables", "write 'configmap/NAME' or 'secret/NAME'")
