"""Airflow's plugin: the listener and the Pod tab.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html

Every Airflow process imports this module, so it imports nothing that takes time.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.plugin import listeners

_PREFIX = "/k8sexec"
_logger = logging.getLogger(__name__)
_HREF = f"{_PREFIX.lstrip('/')}/dags/{{DAG_ID}}/tasks/{{TASK_ID}}/pod"


class PodTab:
    """The web application of the Pod tab, made on first access.

    Every process of Airflow loads the plugin, but only the API server reads ``fastapi_apps``. With a plain
    list, all of them would import FastAPI.
    """

    def __get__(self, plugin: object, owner: type) -> list[dict[str, Any]]:
        """Make what Airflow mounts: a FastAPI application, which it starts and ends with its own."""
        try:
            from airflow_provider_k8sexec.ui.app import load_app  # imports FastAPI

            return [{"app": load_app(), "url_prefix": _PREFIX, "name": "k8sexec Pod tab"}]
        except Exception:  # an error here would end the API server
            _logger.exception("The Pod tab cannot be loaded; the API server starts without it.")
            return []


class K8sExecPlugin(AirflowPlugin):
    """Registers the listener and, in Airflow 3.1 and later, the tab "Pod" of tasks and task instances.

    Airflow 2 has a page "K8s Pod Spec" of its own, which Airflow 3 removed
    (https://github.com/apache/airflow/pull/47422).
    """

    name = "k8sexec"
    listeners = [listeners]  # noqa: RUF012  # Airflow reads a plain class attribute

    if hasattr(AirflowPlugin, "external_views") and load_context().is_on("pod_tab"):
        fastapi_apps = PodTab()
        external_views = [
            {
                "name": "Pod",
                "destination": "task_instance",
                "url_route": "k8sexec-pod",
                "href": f"{_HREF}?run_id={{RUN_ID}}&map_index={{MAP_INDEX}}",
            },
            {
                "name": "Pod",
                "destination": "task",
                "url_route": "k8sexec-task-pod",
                "href": _HREF,
            },
        ]
