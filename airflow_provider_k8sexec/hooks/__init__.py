"""``DeploymentHook``: reads what a deployment has in its cluster, and dry-runs pods there.

Source: https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/connections/kubernetes.html
"""

from __future__ import annotations

import os
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow.exceptions import AirflowNotFoundException  # type: ignore[attr-defined]  # both lines have it there
from airflow.providers.cncf.kubernetes.hooks.kubernetes import KubernetesHook  # noqa: TID253  # its base class
from attrs import evolve
from kubernetes.client import ApiException, VersionApi  # noqa: TID253  # loaded with the base class
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from airflow_provider_k8sexec.diagnosis.lookup import find_objects, find_text
from airflow_provider_k8sexec.exceptions import ClusterError
from airflow_provider_k8sexec.hooks.answers import (
    CHECK_AGAIN,
    DryRun,
    explain_refusal,
    names_object,
    read_object,
    read_refused_dry_run,
    read_status,
    read_warnings,
)
from airflow_provider_k8sexec.options.manifest_parts import mapping_of
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.shown import show_answer
from airflow_provider_k8sexec.pod.references import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from kubernetes.client import ApiClient

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.pod.references import Kind, Reference

_SECONDS = 10
_MOST_NAMES = 100
# The server waits up to 30 seconds for a webhook, and then has an answer: within 34 seconds.
# https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#timeouts
_DRY_RUN_SECONDS = 40


class DeploymentHook(KubernetesHook):
    """Reads a deployment's objects, over Airflow's Kubernetes connection, and changes nothing in the cluster.

    Each method raises ``ClusterError`` where the API refuses the request or does not answer.
    ``docs/explanation/cluster.md`` has the least rights that it needs.
    """

    def read_keys(self, kind: str, name: str, namespace: str) -> frozenset[str] | None:
        """Read the keys of a secret or config map; the values are dropped at once.

        Args:
            kind: ``Secret`` or ``ConfigMap``; an object of another kind that a pod can name has no keys.
            name: The object's name.
            namespace: Its namespace; the objects of some kinds belong to the cluster, and to none.

        Returns:
            The keys; ``None`` if there is no such object.
        """
        found = self._read(kind, name, namespace)
        if found is None:
            return None
        return frozenset([*mapping_of(found.get("data")), *mapping_of(found.get("binaryData"))])

    def has(self, reference: Reference, namespace: str) -> bool:
        """Report whether an object exists, and has the key that is referred to."""
        keys = self.read_keys(reference.kind, reference.name, namespace)
        return keys is not None and (not reference.key or reference.key in keys)

    def list_names(self, kind: str, namespace: str) -> list[str]:
        """List the names of the objects of a kind, at most a hundred.

        Args:
            kind: A kind that a pod can name.
            namespace: Their namespace.
        """
        known = KINDS[kind]
        for version in known.versions:
            try:
                action, most = f"list {known.plural}", [("limit", _MOST_NAMES)]
                found = self._request(
                    self._get, action, known, version, namespace, query_params=most, _request_timeout=_SECONDS
                )
            except _RefusedError as refused:
                if refused.status != HTTPStatus.NOT_FOUND:
                    raise
            else:
                items = find_objects(_decode(found), "items")
                return [find_text(item, "metadata", "name") for item in items]
        raise _missing_api(known)

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

        Args:
            pod: A whole pod, as the KubernetesExecutor would launch it.

        Returns:
            The server's objections; empty if it would admit the pod.
        """
        return self.dry_run(pod).objections

    def dry_run(self, pod: Manifest) -> DryRun:
        """Ask the server for what it would make of a pod, without creating it.

        A field that the server does not know is refused, where the server can do that (Kubernetes 1.25 and
        later); then a second request, without such strictness, shows what else it refuses.

        Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run

        Args:
            pod: A whole pod, as the KubernetesExecutor would launch it.
        """
        found = self._dry_run(pod, "Strict")
        if not found.unknown_fields:
            return found
        return evolve(self._dry_run(pod, "Ignore"), unknown_fields=found.unknown_fields)

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
            client = super().get_conn()
        except AirflowNotFoundException as error:
            message = (
                f"{error}. Name another connection, or make it: "
                f"airflow connections add {self.conn_id} --conn-type kubernetes"
            )
            raise ClusterError(message, "Unreachable") from error
        except Exception as error:  # the client raises anything for a file that is not a kubeconfig
            raise _unreachable(error) from error
        # By default, a request that a busy server answers with Retry-After waits as long as that says.
        client.rest_client.pool_manager.connection_pool_kw["retries"] = False
        return client

    def _dry_run(self, pod: Manifest, validation: str) -> DryRun:
        namespace, create = pod["metadata"]["namespace"], self.core_v1_client.create_namespaced_pod
        try:
            response = self._request(
                create,
                "create pods",
                namespace,
                body=pod,
                dry_run="All",
                field_validation=validation,
                _request_timeout=(_SECONDS, _DRY_RUN_SECONDS),
            )
        except _RefusedError as refused:
            found = read_refused_dry_run(refused.status, refused.answer, refused.headers)
            if refused.code in {"RBAC", "Unauthorized"}:
                raise
            return found
        return DryRun(_decode_pod(response), warnings=read_warnings(response.headers))

    def _read(self, kind: str, name: str, namespace: str) -> Manifest | None:
        if name in {".", ".."}:  # a URL does without them, and no object has such a name
            return None
        action = f"get {KINDS[kind].plural} named {name!r}"
        for version in KINDS[kind].versions:
            try:
                return self._ask(self._get, action, KINDS[kind], version, namespace, name)
            except _RefusedError as refused:
                if refused.status != HTTPStatus.NOT_FOUND:
                    raise
                if names_object(refused.answer):
                    return None
        raise _missing_api(KINDS[kind])

    def _get(self, kind: Kind, version: str, namespace: str, name: str = "", **options: Any) -> Any:
        root = f"/apis/{kind.group}" if kind.group else "/api"
        within = "" if kind.is_of_cluster else "/namespaces/{namespace}"
        one = "/{name}" if name else ""
        return self.api_client.call_api(
            f"{root}/{version}{within}/{kind.plural}{one}",
            "GET",
            {"namespace": namespace, "name": name},
            header_params={"Accept": "application/json"},
            auth_settings=["BearerToken"],
            **options,
        )

    def _list(self, call: Callable[..., Any], action: str, namespace: str) -> list[Manifest]:
        return [dict(item) for item in find_objects(self._ask(call, action, namespace), "items")]

    def _ask(self, call: Callable[..., Any], action: str, *args: Any) -> Manifest:
        return _decode(self._request(call, action, *args, _request_timeout=_SECONDS))

    def _request(self, call: Callable[..., Any], action: str, *args: Any, **kwargs: Any) -> Any:
        """Call the API for plain JSON: the client's models cost more, and drop unknown fields."""

        def get_answer() -> Any:
            response = call(*args, _preload_content=False, **kwargs)
            _ = response.data  # read here, where its errors are explained
            return response

        try:
            try:
                return get_answer()
            except ProtocolError:  # a connection that was kept, and that the other side has closed since
                return get_answer()
        except ApiException as error:
            raise _explain(error, action) from error
        except ReadTimeoutError as error:
            message = f"The cluster did not answer in time when requested to {action}; {CHECK_AGAIN}."
            raise ClusterError(message, "Timeout") from error
        except (HTTPError, OSError, UnicodeDecodeError) as error:
            raise _unreachable(error) from error


class _RefusedError(ClusterError):
    """The server understood the request, and refused it.

    Attributes:
        status: The HTTP status of its answer.
        answer: The ``Status`` in it.
        headers: The headers of it.
    """

    def __init__(self, refusal: ClusterError, status: int, answer: Manifest, headers: Any) -> None:
        super().__init__(str(refusal), refusal.code)
        self.status = status
        self.answer = answer
        self.headers = headers


def _missing_api(kind: Kind) -> ClusterError:
    return ClusterError(f"The cluster has no {kind.plural}; {kind.remedy}.", "MissingAPI")


def _unreachable(error: object) -> ClusterError:
    given = os.environ.get("KUBECONFIG")
    present = f", which is {show(given)}," if given else ""
    return ClusterError(
        f"The cluster cannot be reached: {show_answer(str(error))}\n"
        f"Set KUBECONFIG{present} to the file of a cluster; "
        "or, in the connection, kube_config_path or in_cluster.",
        "Unreachable",
    )


def _explain(error: ApiException, action: str) -> ClusterError:
    if not error.status:  # the client's word for a connection whose certificate is not trusted
        return _unreachable(error.reason)
    answer = read_status(error.body, error.reason)
    refusal = explain_refusal(error.status, answer, action)
    return _RefusedError(refusal, error.status, answer, error.headers or {})


def _decode(response: Any) -> Manifest:
    answer = read_object(response.data)
    if answer is None:
        raise _not_server("JSON")
    return answer


def _decode_pod(response: Any) -> Manifest:
    pod = _decode(response)
    if not all(isinstance(pod.get(part), dict) for part in ("metadata", "spec")):
        raise _not_server("a pod")
    return pod


def _not_server(expected: str) -> ClusterError:
    return _unreachable(f"what answered is no API server, because it did not answer with {expected}")
