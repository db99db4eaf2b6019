"""``DeploymentHook``: reads what a deployment has in its cluster, and dry-runs pods there.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/connections/kubernetes.html
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook  # noqa: TID253  # its base class
from kubernetes.client import ApiException, NodeV1Api, SchedulingV1Api, VersionApi  # noqa: TID253  # loaded with the base class
from kubernetes.config import ConfigException  # noqa: TID253  # likewise
from urllib3.exceptions import HTTPError

from airflow_provider_k8sexec.exceptions import ClusterError
from airflow_provider_k8sexec.options.shown import show_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubernetes.client import ApiClient

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.references import Reference

_SECONDS = 10
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_REFUSALS = {400, 403, 409, 422}


class DeploymentHook(KubernetesHook):
    """Reads a deployment's objects, over Airflow's Kubernetes connection, and changes nothing in the cluster.

    Each method raises ``ClusterError`` where the API refuses the request or does not answer.
    ``docs/cluster.md`` has the least rights that it needs.
    """

    def read_keys(self, kind: str, name: str, namespace: str) -> frozenset[str] | None:
        """Read the keys of a secret or config map; the values are dropped at once.

        Args:
            kind: ``Secret`` or ``ConfigMap``.
            name: The object's name.
            namespace: Its namespace.

        Returns:
            The keys; ``None`` if there is no such object.
        """
        found = self._read(kind, name, namespace)
        return None if found is None else frozenset([*found.get("data", {}), *found.get("binaryData", {})])

    def has(self, reference: Reference, namespace: str) -> bool:
        """Report whether an object exists, and has the key that is referred to."""
        if reference.key:
            return reference.key in (self.read_keys(reference.kind, reference.name, namespace) or ())
        return self._read(reference.kind, reference.name, namespace) is not None

    def list_limit_ranges(self, namespace: str) -> list[Manifest]:
        """List the limits that the namespace puts on each pod, as manifests."""
        api = self.core_v1_client
        return self._list(api.list_namespaced_limit_range, "list limitranges", namespace)

    def list_resource_quotas(self, namespace: str) -> list[Manifest]:
        """List the quotas of the namespace with what is used of them, as manifests."""
        api = self.core_v1_client
        return self._list(api.list_namespaced_resource_quota, "list resourcequotas", namespace)

    def read_version(self) -> tuple[int, int] | None:
        """Read the version of the cluster's API server: ``(1, 29)``; ``None`` if it has no such version."""
        answer = self._ask(VersionApi(self.api_client).get_code, "read its version")
        # Managed clusters write a minor version such as "29+".
        major, minor = (re.match(r"\d{1,4}", str(answer.get(part))) for part in ("major", "minor"))
        return (int(major[0]), int(minor[0])) if major and minor else None

    def refusals(self, pod: Manifest) -> list[str]:
        """Ask the server whether it would admit a pod, without creating it.

        Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run

        Args:
            pod: A whole pod, as the KubernetesExecutor would launch it.

        Returns:
            The server's objections; empty if it would admit the pod.
        """
        namespace = pod["metadata"]["namespace"]
        create = self.core_v1_client.create_namespaced_pod
        try:
            self._ask(create, "create pods", namespace, body=pod, dry_run="All")
        except _RefusedError as refusal:
            return refusal.objections
        return []

    def test_connection(self) -> tuple[bool, str]:
        """Read the quotas of the connection's namespace, for the button in Airflow's UI."""
        namespace = self.get_namespace() or self.DEFAULT_NAMESPACE
        try:
            self.list_resource_quotas(namespace)
        except ClusterError as error:
            return False, str(error)
        return True, f"The cluster answers for the namespace {namespace!r}."

    def get_conn(self) -> ApiClient:
        """Make the client, as the base class does; an error names what to set."""
        try:
            return super().get_conn()
        except (ConfigException, OSError) as error:
            raise _unreachable(error) from error

    def _read(self, kind: str, name: str, namespace: str) -> Manifest | None:
        core = self.core_v1_client
        readers: dict[str, Callable[..., Any]] = {
            "Secret": core.read_namespaced_secret,
            "ConfigMap": core.read_namespaced_config_map,
            "ServiceAccount": core.read_namespaced_service_account,
            "PersistentVolumeClaim": core.read_namespaced_persistent_volume_claim,
            "PriorityClass": SchedulingV1Api(self.api_client).read_priority_class,
            "RuntimeClass": NodeV1Api(self.api_client).read_runtime_class,
        }
        where = () if kind in {"PriorityClass", "RuntimeClass"} else (namespace,)
        try:
            return self._ask(readers[kind], f"get {kind.lower()}s named {name!r}", name, *where)
        except _MissingError:
            return None

    def _list(self, call: Callable[..., Any], action: str, namespace: str) -> list[Manifest]:
        items: list[Manifest] = self._ask(call, action, namespace)["items"]
        return items

    def _ask(self, call: Callable[..., Any], action: str, *args: Any, **kwargs: Any) -> Manifest:
        """Call the API for plain JSON: the client's models cost more, and drop unknown fields."""
        try:
            response = call(*args, _preload_content=False, _request_timeout=_SECONDS, **kwargs)
        except ApiException as error:
            raise _explain(error, action) from error
        except (HTTPError, OSError) as error:
            raise _unreachable(error) from error
        answer: Manifest = json.loads(response.data)
        return answer


def _unreachable(error: Exception) -> ClusterError:
    return ClusterError(
        f"The cluster cannot be reached: {show_answer(str(error))}\n"
        "Set KUBECONFIG to the file of a cluster; or, in the connection, kube_config_path or in_cluster."
    )


class _RefusedError(ClusterError):
    """The server understood the request, and refused it."""

    def __init__(self, objections: list[str]) -> None:
        super().__init__("\n".join(objections))
        self.objections = objections


class _MissingError(_RefusedError):
    """There is no such object, or no such namespace."""


def _explain(error: ApiException, action: str) -> ClusterError:
    try:
        status = json.loads(error.body or "{}")
    except ValueError:
        status = {}
    message = show_answer(str(status.get("message") or error.reason))
    if error.status == _UNAUTHORIZED:
        return ClusterError(
            f"The cluster refused to {action}: authentication failed (401); renew the token or certificate "
            "in the connection's kube_config."
        )
    if error.status == _FORBIDDEN and " cannot " in message:
        return ClusterError(
            f"The account is not allowed to {action} (403): {message}\n"
            "Grant it; docs/cluster.md has the role."
        )
    if error.status == _NOT_FOUND:
        return _MissingError([message])
    if error.status in _REFUSALS:
        causes = (status.get("details") or {}).get("causes") or []
        objections = [show_answer(f"{cause['field']}: {cause['message']}") for cause in causes]
        return _RefusedError(objections or [message])
    return ClusterError(f"The cluster failed to {action} ({error.status}): {message}; try again.")
