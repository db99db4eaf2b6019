"""What Airflow loads of this package as a plugin.

Source: https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_k8sexec import listeners

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

_PREFIX = "/k8sexec"
_HREF = f"{_PREFIX.lstrip('/')}/dags/{{DAG_ID}}/tasks/{{TASK_ID}}/pod"


class PodTab:
    """The web application of the Pod tab, imported when the API server gets its first request for it."""

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer a request (ASGI)."""
        from airflow_provider_k8sexec.ui.app import load_app  # noqa: PLC0415  # imports FastAPI

        await load_app()(scope, receive, send)


class K8sExecPlugin(AirflowPlugin):
    """Registers what Airflow asks a plugin for.

    That is the listener that loads the kubernetes client where DAG files are parsed; and, in Airflow 3.1 and
    later, the tab "Pod" of tasks and task instances. (Airflow 2 has a page "K8s Pod Spec" of its own.)
    """

    name = "k8sexec"
    listeners = [listeners]  # noqa: RUF012  # Airflow reads a plain class attribute

    if hasattr(AirflowPlugin, "external_views"):
        fastapi_apps = [{"app": PodTab(), "url_prefix": _PREFIX, "name": "k8sexec Pod tab"}]
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
