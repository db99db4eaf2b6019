"""The site's own pods: its templates as the executor completes them, and what its options request."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE, WORKER_CONTAINER
from airflow_provider_k8sexec.options.declaration import Declaration, resolve_layers
from airflow_provider_k8sexec.options.manifest_parts import mapping_of, maps_of
from airflow_provider_k8sexec.options.manifests import Manifest, present, to_manifest
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces
from airflow_provider_k8sexec.site.option_table import name_option
from airflow_provider_k8sexec.site.pod_template import find_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from airflow_provider_k8sexec.context.executors import ExecutorName
    from airflow_provider_k8sexec.context.site_context import SiteContext

_EXECUTOR_OPTIONS = (
    POD_TEMPLATE_FILE,
    "worker_container_repository",
    "worker_container_tag",
    "namespace",
)


def load_executor_options(executors: Iterable[ExecutorName]) -> list[Mapping[str, Any]]:
    """Read the options by which the KubernetesExecutor makes pods.

    Args:
        executors: The executors of the deployment: each team may have options of its own.

    Returns:
        First those of the deployment; then those of its teams, and what coordinators have instead.
    """
    teams = {executor.team for executor in executors}
    options: list[Mapping[str, Any]] = [
        {name: compat.load_option("kubernetes_executor", name, team=team) for name in _EXECUTOR_OPTIONS}
        for team in sorted({"", *teams})
    ]
    with suppress(ValueError, AttributeError):  # Airflow itself ignores what is not right there
        coordinators = json.loads(compat.load_option("sdk", "coordinators") or "{}")
        extras = [coordinator.get("extra") for coordinator in coordinators.values()]
        options += [extra for extra in extras if isinstance(extra, dict)]
    return options


def find_base_traces(context: SiteContext) -> Traces:
    """Find what the site's rules forbid in its pod templates, as the executor completes them."""
    pods = [RequestedPod(pod) for options in context.executor_options for pod in _build_base_pods(options)]
    return Traces.of(pods, context.rules).set_values()


def _build_base_pods(options: Mapping[str, Any]) -> Iterator[Manifest]:
    """Give the template, and what the executor sets of pods by its own options."""
    path, repository, tag, namespace = (options.get(name) for name in _EXECUTOR_OPTIONS)
    yield _launch_alone(find_template(path) if path else None)
    image = f"{repository}:{tag}" if repository and tag else None
    worker = present(name=WORKER_CONTAINER, image=image)
    yield {"metadata": present(namespace=namespace), "spec": {"containers": [worker]}}


def _launch_alone(template: Manifest | None) -> Manifest:
    """Give a template as the executor reads it, cast to the client's models; its first container is base."""
    with suppress(Exception):  # a template that the client cannot read launches no pod
        pod: Manifest = to_manifest(build_v1_pod(template or {}))
        for container in maps_of(mapping_of(pod.get("spec")).get("containers"))[:1]:
            if isinstance(container, dict):
                container["name"] = WORKER_CONTAINER
        return pod
    return {}


def find_option_traces(context: SiteContext) -> Traces:
    """Find it in the pod options and in each profile of ``[k8sexec]``."""
    declarations = _site_declarations(context)
    requested = [build_requested_pod(declared, context.deployment) for declared in declarations]
    return Traces.of(requested, context.rules).as_chosen()


def find_site_requests(context: SiteContext) -> Iterator[RequestedPod]:
    """Give what the site requests of its pods: by its templates, its pod options and its profiles.

    Raises:
        ConfigurationError: The site's configuration has mistakes.
    """
    for options in context.executor_options:
        path = options.get(POD_TEMPLATE_FILE)
        template = find_template(path) if path else None
        yield RequestedPod.of_manifest(template or {}, "template")
    layers = [(name_option("pod_options"), context.site_options)]
    yield TaskRequest(layers, [], context.deployment).requested
    for name in sorted(context.profiles.by_name):
        yield TaskRequest(context.profiles.resolve(name), [], context.deployment).requested


def _site_declarations(context: SiteContext) -> Iterator[Declaration]:
    """Give the site's options, each of its profiles with all that it extends, and its defaults."""
    yield context.site_options
    yield context.rules.default
    for name in context.profiles.by_name:
        yield resolve_layers(declaration for _, declaration in context.profiles.resolve(name))
