"""The KubernetesExecutor, with the request by which older ones adopted the pods of a scheduler that is gone.

They sent the whole pod, as today's do no more: https://github.com/apache/airflow/issues/24015.
"""

from __future__ import annotations

import json
from typing import Any

from airflow.providers.cncf.kubernetes.executors.kubernetes_executor import KubernetesExecutor


class WholePodExecutor(KubernetesExecutor):
    """Adopts a pod by a patch with all of it."""

    def adopt_launched_task(self, kube_client: Any, *args: Any) -> None:
        """Adopt a pod, as Airflow does but for the request."""
        super().adopt_launched_task(_WholePodClient(kube_client), *args)


class _WholePodClient:
    def __init__(self, client: Any) -> None:
        self._client = client

    def patch_namespaced_pod(self, *, name: str, namespace: str, body: dict[str, Any]) -> Any:
        pod = json.loads(self._client.read_namespaced_pod(name, namespace, _preload_content=False).data)
        for field, changes in body["metadata"].items():
            pod["metadata"][field].update(changes)
        return self._client.patch_namespaced_pod(name=name, namespace=namespace, body=pod)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
