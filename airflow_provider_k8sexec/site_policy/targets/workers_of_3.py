"""What a pod template needs for workers of Airflow 3, which run tasks through the API server.

A worker of Airflow 2 reads the metadata database; one of Airflow 3 asks the server at ``[core]
execution_api_server_url``, or below ``[api] base_url``, of its own configuration. Where it has neither, it
asks its own pod: ``http://localhost:8080``. The executor sets no variable for it.

Source: ``airflow.executors.base_executor.get_execution_api_server_url``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import name_variable
from airflow_provider_k8sexec.options.manifest_parts import maps_of, name_of, worker_of
from airflow_provider_k8sexec.site_policy.old_airflow import OLD_SECTION, SECTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_URL = name_variable("core", "execution_api_server_url")
_SOURCES = (_URL, name_variable("api", "base_url"), name_variable("workers", "execution_api_server_url"))
_OLD = name_variable(OLD_SECTION, "")
_CONFIGURATION = "airflow.cfg"


def check_template(template: Mapping[str, Any] | None, name: str) -> Iterator[Problem]:
    """Find what workers of Airflow 3 lack in a pod template, and what they ignore.

    Args:
        template: The template; ``None`` where it cannot be read here.
        name: What authors call it.
    """
    if template is None:
        return
    worker = worker_of(template)
    variables = {name_of(variable) for variable in maps_of(worker.get("env"))}
    for variable in sorted(variables):
        if variable.startswith(_OLD):
            reason = f"is silently ignored by Airflow 3, which has no section [{OLD_SECTION}]"
            remedy = f"write {variable.replace(_OLD, name_variable(SECTION, ''), 1)}"
            yield Problem(f"{name}: {variable}", "", reason, remedy, code="K8S810")
    if not variables & {*_SOURCES} and not _may_be_configured(worker):
        reason = "has no address of the API server, which workers of Airflow 3 need"
        remedy = f"set the variable {_URL} in it, unless airflow.cfg of the image has it"
        yield Problem(name, "", reason, remedy, code="K8S811")


def _may_be_configured(worker: Mapping[str, Any]) -> bool:
    """Report whether a worker may have the address from what cannot be seen here."""
    paths = [str(mount.get("mountPath")) for mount in maps_of(worker.get("volumeMounts"))]
    has_file = any(path.endswith((_CONFIGURATION, "/airflow", "/airflow/config")) for path in paths)
    options = load_context().site_options
    return has_file or bool(worker.get("envFrom")) or bool({*_SOURCES} & {*options.env})
